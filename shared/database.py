"""One service's database: PostgreSQL, or a SQLite file, behind the same few calls."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

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
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.types import TypeDecorator

from shared import crash
from shared.privacy.columns import VAULT, seal_row
from shared.reach import Reach

if TYPE_CHECKING:
    from shared.postgres import ReachingConnection
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
    processes answers one with the other's rows. Every connection is given out with a
    reach; without one, row-level security shows no row at all. SQLite has no such
    thing: there the unit of work and the queries alone keep clinics apart. Without a
    vault nothing sealed can be read or written.
    """

    def __init__(
        self, url: str, *, vault: "Vault | None" = None, pool_size: int = 8
    ) -> None:
        parsed = make_url(url)
        self.vault = vault
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"pool_timeout": 5, "pool_recycle": 1800}
        options["execution_options"] = {VAULT: vault}
        if self.is_sqlite:
            options |= {"pool_size": 12, "max_overflow": 8}
            options["connect_args"] = {"check_same_thread": False}
        else:
            # We begin transactions ourselves, together with what limits their reach.
            options |= {"pool_size": pool_size, "max_overflow": 6}
            options |= {"isolation_level": "AUTOCOMMIT"}
            options["connect_args"] = {"connect_timeout": 3}
        self.engine: Engine = create_engine(parsed, **options)
        if not self.is_sqlite:
            from shared import postgres

            postgres.prepare(self.engine)
        else:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_immediate)
        self.reading = self.engine.execution_options(kap_reading=True)

    @contextmanager
    def begin(self, reach: Reach) -> Iterator[Connection]:
        """A transaction: leaving it commits, an exception rolls it back."""
        with self.engine.connect() as connection:
            _start(connection, reach)
            with connection.begin():
                yield connection

    @contextmanager
    def read(self, reach: Reach) -> Iterator[Connection]:
        """A connection to read from, where every query stands for itself."""
        with self.reading.connect() as connection:
            if not self.is_sqlite:
                _reaching(connection).each = reach
            yield connection

    @contextmanager
    def read_noted(self, reach: Reach) -> Iterator[Connection]:
        """A transaction to read in; it is kept only by a `commit`."""
        with self.reading.connect() as connection:
            _start(connection, reach)
            yield connection

    def session(self) -> Connection:
        """A connection for listening, notifying and locks that outlive transactions.

        It has no reach before `transaction` gives it one.
        """
        return self.engine.connect()

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


@contextmanager
def transaction(connection: Connection, reach: Reach) -> Iterator[None]:
    """A transaction on a connection that is kept for more than one."""
    _start(connection, reach)
    with connection.begin():
        yield


def narrow(connection: Connection, reach: Reach) -> None:
    """Change the reach of the transaction a connection is in."""
    if connection.dialect.name == "postgresql":
        with own_errors(connection):
            _reaching(connection).narrow(reach)


def _start(connection: Connection, reach: Reach) -> None:
    if connection.dialect.name != "postgresql":
        return
    try:
        with own_errors(connection):
            _reaching(connection).start(reach)
    except OperationalError as error:
        connection.invalidate(error)
        error.connection_invalidated = True
        raise


def _reaching(connection: Connection) -> "ReachingConnection":
    return cast("ReachingConnection", connection.connection.driver_connection)


@contextmanager
def own_errors(connection: Connection) -> Iterator[None]:
    """Errors of the driver as those of SQLAlchemy, where the driver is called past it.

    Raises:
        IntegrityError: a constraint refuses.
        OperationalError: the database does not answer.
    """
    driver = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.IntegrityError as error:
        raise IntegrityError(None, None, error) from error
    except driver.OperationalError as error:
        raise OperationalError(None, None, error) from error


def insert_rows(
    connection: Connection, rows: Iterable[tuple[Table, Mapping[str, Any]]]
) -> None:
    """Insert rows of any tables; those of one table in the order they are given in.

    On PostgreSQL it is one statement, compiled once and then given to the driver: this
    is on the way of every change, and building it anew costs more than sending it.
    """
    alike: dict[tuple[Table, tuple[str, ...]], list[Mapping[str, Any]]] = {}
    for table, row in rows:
        alike.setdefault((table, tuple(row)), []).append(row)
    if connection.dialect.name != "postgresql":
        for (table, _), some in alike.items():
            connection.execute(insert(table).inline(), some)
        return
    if not alike:
        return
    shapes = tuple((*shape, len(some)) for shape, some in alike.items())
    text, takes = _compiled_inserts(shapes, connection.dialect)
    values = [
        value for some in alike.values() for row in some for value in row.values()
    ]
    said = {
        name: processor(value) if processor else value
        for (name, processor), value in zip(takes, values, strict=True)
    }
    raw: Any = connection.connection.driver_connection
    with own_errors(connection), raw.cursor() as cursor:
        cursor.execute(text, said)


def insert_and_commit(
    connection: Connection, rows: Iterable[tuple[Table, Mapping[str, Any]]]
) -> None:
    """Insert the last rows of a transaction.

    On PostgreSQL the commit goes with them and both are waited for once; SQLAlchemy's
    own, which is still to be called, then finds nothing left to do.
    """
    raw: Any = connection.connection.driver_connection
    is_postgres = connection.dialect.name == "postgresql"
    pipeline = raw.pipeline() if is_postgres else nullcontext()
    with own_errors(connection), pipeline:
        insert_rows(connection, rows)
        crash.point("unit_of_work.before_commit")
        if is_postgres:
            raw.execute("commit", prepare=True)


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows whose unique key is free, leave the others as they are."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    sealed = [seal_row(connection, table, row) for row in rows]
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), sealed)


_Shape = tuple[Table, tuple[str, ...], int]
"""Rows of a table that name the same columns, and how many they are."""


@lru_cache(maxsize=512)
def _compiled_inserts(
    shapes: tuple[_Shape, ...], dialect: Dialect
) -> tuple[str, list[tuple[str, Callable[[Any], Any] | None]]]:
    """One statement that inserts all, and its parameters with what makes values fit
    the driver's types, in the order of the rows.
    """
    texts: list[str] = []
    takes: list[tuple[str, Callable[[Any], Any] | None]] = []
    for table, columns, count in shapes:
        compiled = insert(table).inline().compile(dialect=dialect, column_keys=columns)
        head, _, one_row = str(compiled).partition(" VALUES ")
        processors = [
            table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
            for name in columns
        ]
        rows = []
        for _row in range(count):
            mark = f"p{len(takes)}_"
            rows.append(re.sub(r"%\((\w+)\)s", rf"%({mark}\1)s", one_row))
            takes += [
                (mark + name, processor)
                for name, processor in zip(columns, processors, strict=True)
            ]
        texts.append(f"{head} VALUES {', '.join(rows)}")
    *before, last = texts
    if before:
        parts = ", ".join(f"w{i} AS ({text})" for i, text in enumerate(before))
        last = f"WITH {parts} {last}"
    return last, takes


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
        # In KiB. All services and their threads are one process, each with its own.
        "cache_size = -256",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: a deferred one fails later, under other writers."""
    if not connection.get_execution_options().get("kap_reading"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
