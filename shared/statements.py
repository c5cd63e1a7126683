"""Statements that are built once and then given to the driver.

Building a statement and wrapping its rows costs SQLAlchemy more than PostgreSQL takes
to answer a look-up by key. Where a request does little else, this is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select

from shared.database import own_errors

_Processors = Mapping[str, Callable[[Any], Any]]


class ReadyQuery:
    """A query of plain columns whose only values are named parameters."""

    def __init__(self, query: Select[Any]) -> None:
        self._query = query
        self._names = [str(column.key) for column in query.selected_columns]
        self._gives: dict[Dialect, _Processors] = {}

    def first(self, connection: Connection, **values: Any) -> dict[str, Any] | None:
        """The first row by the names of its columns, or None if there is none."""
        dialect = connection.dialect
        if dialect.name != "postgresql":
            seen = connection.execute(self._query, values).first()
            return seen._asdict() if seen else None
        text, takes = _compiled(self._query, dialect)
        raw: Any = connection.connection.driver_connection
        with own_errors(connection), raw.cursor() as cursor:
            row = cursor.execute(text, _processed(values, takes)).fetchone()
            if row is None:
                return None
            if dialect not in self._gives:
                # Asked for once: describing a row costs half as much as reading it.
                codes = [column.type_code for column in cursor.description]
                self._gives[dialect] = _gives(self._query, dialect, codes)
        found = dict(zip(self._names, row, strict=True))
        return _processed(found, self._gives[dialect])


def _processed(values: dict[str, Any], processors: _Processors) -> dict[str, Any]:
    for name, processor in processors.items():
        values[name] = processor(values[name])
    return values


@cache
def _compiled(query: Select[Any], dialect: Dialect) -> tuple[str, _Processors]:
    """A query's text for the driver, and what makes values fit the driver's types."""
    compiled = query.compile(dialect=dialect)
    return str(compiled), {
        name: processor
        for name, parameter in compiled.binds.items()
        if (processor := parameter.type.dialect_impl(dialect).bind_processor(dialect))
    }


def _gives(query: Select[Any], dialect: Dialect, codes: Sequence[int]) -> _Processors:
    """What makes of the driver's values ours; the codes say how it was sent."""
    return {
        str(column.key): processor
        for column, code in zip(query.selected_columns, codes, strict=True)
        if (
            processor := column.type.dialect_impl(dialect).result_processor(
                dialect, code
            )
        )
    }
