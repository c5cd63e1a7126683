"""One service's database: PostgreSQL, or a SQLite file, behind the same few calls."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    insert,
    make_url,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.types import TypeDecorator

from shared.privacy.columns import VAULT, seal_rows

if TYPE_CHECKING:
    from shared.privacy.vault import Vault

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Serial = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; naive ones are refused, what comes back is in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's.
    ) -> datetime | None:
        """To the database, in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's.
    ) -> datetime | None:
        """From the database. SQLite forgets the zone, PostgreSQL answers in its own."""
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


def words(kind: type[StrEnum]) -> Enum:
    """A column of an enumeration's values, as text: new words need no migration."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


def new_metadata() -> MetaData:
    """The metadata a service puts its tables in; constraints get steady names."""
    return MetaData(naming_convention=NAMING)


class Database:
    """The connections of one process to one service's database.

    Made where the process starts work, never before a fork: a connection shared by two
    processes answers one with the other's rows. Without a vault nothing sealed can be
    read or written.
    """

    def __init__(
        self, url: str, *, vault: "Vault | None" = None, pool_size: int = 6
    ) -> None:
        parsed = make_url(url)
        self.vault = vault
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"pool_timeout": 5, "pool_recycle": 1800}
        options["execution_options"] = {VAULT: vault}
        if not self.is_sqlite:
            options |= {"pool_size": pool_size, "max_overflow": 4}
            options["connect_args"] = {"connect_timeout": 3}
        else:
            options |= {"pool_size": 12, "max_overflow": 8}
            options["connect_args"] = {"check_same_thread": False}
        self.engine: Engine = create_engine(parsed, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_immediate)
            self.reading: Engine = self.engine.execution_options(kap_reading=True)
        else:
            # A pool of its own: switching a connection to autocommit and back, again
            # and again, costs as much as a small read.
            self.reading = create_engine(
                parsed,
                **options,
                isolation_level="AUTOCOMMIT",
                pool_reset_on_return=None,
            )

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        if self.reading is not self.engine:
            self.reading.dispose()


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all name the same columns, sealed where a column is.

    On PostgreSQL the statement is compiled once and then given to the driver: this is
    on the way of every event, and building it anew costs more than sending it.
    """
    rows = seal_rows(connection, table, rows)
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table).inline(), list(rows))
        return
    text, processors = _compiled_insert(table, tuple(rows[0]), connection.dialect)
    values = [
        {
            name: processors[name](value) if name in processors else value
            for name, value in row.items()
        }
        for row in rows
    ]
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor:
        if len(values) == 1:
            cursor.execute(text, values[0])
        else:
            cursor.executemany(text, values)


@cache
def _compiled_insert(
    table: Table, columns: tuple[str, ...], dialect: Dialect
) -> tuple[str, Mapping[str, Callable[[Any], Any]]]:
    """An insert's text for the driver, and what makes values fit the driver's types."""
    compiled = insert(table).inline().compile(dialect=dialect, column_keys=columns)
    processors = {
        name: processor
        for name in columns
        if (
            processor := table.c[name]
            .type.dialect_impl(dialect)
            .bind_processor(dialect)
        )
    }
    return str(compiled), processors


def is_outage(error: BaseException) -> bool:
    """Whether an exception says that the database does not answer."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or isinstance(error, OperationalError)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout = 10000",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: a deferred one fails later, under other writers."""
    if not connection.get_execution_options().get("kap_reading"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
