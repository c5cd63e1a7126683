"""What a database counts, and reckons with instants in whole seconds."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

A_DAY = 86_400


class seconds(FunctionElement[int]):  # noqa: N801 - it is used as a function
    """An instant as whole seconds since 1970; both databases say the same."""

    type = BigInteger()
    inherit_cache = True


def many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """In how many rows something is so."""
    return func.sum(case((condition, 1), else_=0))


@compiles(seconds, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    inner = compiler.process(element.clauses, **options)
    return f"floor(extract(epoch from {inner}))::bigint"


@compiles(seconds, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    inner = compiler.process(element.clauses, **options)
    return f"cast(strftime('%s', {inner}) as integer)"
