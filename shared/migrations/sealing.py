"""Turns plain columns into sealed ones, within a migration.

A migration says what it means with `seal_columns`; it never asks the models, which may
have moved on when it runs. Where rows are sealed, what was plain is also removed from
the files: `upgrade` has the tables rewritten when all is committed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from shared.privacy.columns import encode, vault_of
from shared.privacy.keys import NETWORK, Purpose

BATCH = 500
REWRITTEN = "kap_rewritten"
_SUFFIX = "_sealed"


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A column as it was: its type, whether it had to have a value, whose key seals it.

    `person` names the column with the person's id; without one it is the clinic's key.
    """

    type: sa.types.TypeEngine[Any]
    required: bool = False
    person: str | None = None


PrimaryKey = Mapping[str, sa.types.TypeEngine[Any]]
ID: PrimaryKey = {"id": sa.Uuid()}

TEXT = sa.Text()
DAY = sa.Date()
DOCUMENT = sa.JSON()


def seal_columns(
    table: str, columns: Mapping[str, Plain], *, key: PrimaryKey = ID
) -> None:
    """Seal columns of a table, given what each was; each keeps its name."""
    for name, plain in columns.items():
        op.add_column(table, _sealed_column(name + _SUFFIX, plain))
    fill(table, columns, key=key)
    for name, plain in columns.items():
        op.drop_column(table, name)
        op.alter_column(table, name + _SUFFIX, new_column_name=name)
        if plain.required and not _is_sqlite():
            op.alter_column(table, name, nullable=False)


def fill(table: str, columns: Mapping[str, Plain], *, key: PrimaryKey = ID) -> None:
    """Seal what every row holds into the columns beside it."""
    connection = op.get_bind()
    was = _described(table, columns, key)
    for rows in batches(connection, was, key):
        rewrite(table)
        for row in rows:
            sealed = {
                was.c[name + _SUFFIX]: _sealed(connection, table, name, plain, row)
                for name, plain in columns.items()
                if row[name] is not None
            }
            if sealed:
                this = [was.c[name] == row[name] for name in key]
                connection.execute(sa.update(was).where(*this).values(sealed))


def batches(
    connection: sa.Connection, table: sa.Table, key: PrimaryKey = ID
) -> Iterator[Sequence[sa.RowMapping]]:
    """Every row of a table, some at a time, in the order of its key."""
    order = sa.tuple_(*(table.c[name] for name in key))
    query = sa.select(table).order_by(*(table.c[name] for name in key)).limit(BATCH)
    rows = connection.execute(query).mappings().all()
    while rows:
        yield rows
        last = tuple(rows[-1][name] for name in key)
        here = sa.tuple_(*last, types=list(key.values()))
        rows = connection.execute(query.where(order > here)).mappings().all()


def rewrite(table: str) -> None:
    """Have a table's file written anew after the commit, without what was plain."""
    context.config.attributes.setdefault(REWRITTEN, set()).add(table)


def vacuum(engine: sa.Engine, tables: Iterable[str]) -> None:
    """Write tables' files anew: dropped columns and old rows are then gone."""
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if engine.dialect.name == "sqlite":
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for table in sorted(tables):
            raw.execute(f'vacuum full "{table}"')


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _sealed_column(name: str, plain: Plain) -> sa.Column[bytes]:
    """SQLite cannot make a column required later, nor add one without a default."""
    if plain.required and _is_sqlite():
        empty = sa.text("x''")
        return sa.Column(name, sa.LargeBinary, nullable=False, server_default=empty)
    return sa.Column(name, sa.LargeBinary)


def _described(table: str, columns: Mapping[str, Plain], key: PrimaryKey) -> sa.Table:
    """A table, as far as it matters here."""
    persons = {plain.person for plain in columns.values() if plain.person}
    ids = {**dict.fromkeys([*sorted(persons), "clinic_id"], sa.Uuid()), **key}
    was = [sa.Column(name, plain.type) for name, plain in columns.items()]
    now = [sa.Column(name + _SUFFIX, sa.LargeBinary) for name in columns]
    return sa.Table(
        table,
        sa.MetaData(),
        *(sa.Column(name, kind) for name, kind in ids.items()),
        *was,
        *now,
    )


def _sealed(
    connection: sa.Connection,
    table: str,
    name: str,
    plain: Plain,
    row: sa.RowMapping,
) -> bytes:
    value = row[name]
    assert isinstance(value, str | date | dict | list)
    return vault_of(connection).seal(
        connection,
        encode(value),
        f"{table}.{name}",
        clinic_id=row["clinic_id"] or NETWORK,
        person_id=row[plain.person] if plain.person else None,
        purpose=Purpose.DATA,
    )
