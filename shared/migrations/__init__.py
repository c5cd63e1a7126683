"""Brings a service's database up to date: the mailbox's tables and the service's own.

Both are Alembic branches, so the mailbox is written once and each service adds its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from shared.database import Database
from shared.errors import KapError
from shared.migrations.sealing import REWRITTEN, vacuum

_LOCK = 4_810_227


class BrokenReferenceError(KapError):
    """A migration would leave rows that refer to rows that are not there."""

    code = "broken_reference"


def _config(service: str) -> Config:
    config = Config()
    here = Path(str(files("shared.migrations")))
    own = Path(str(files(f"services.{service}"))) / "migrations" / "versions"
    config.set_main_option("script_location", str(here))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{here / 'versions'}\n{own}")
    return config


def upgrade(service: str, database: Database, *, to: str = "heads") -> None:
    """Run what has not been run; several processes may ask for it at once."""
    config = _config(service)
    with database.engine.connect() as connection, _unguarded(database, connection):
        if not database.is_sqlite:
            connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if database.is_sqlite:
            _demand_references(connection)
        connection.commit()
    if tables := config.attributes.get(REWRITTEN):
        vacuum(database.engine, tables)


def is_current(service: str, connection: Connection) -> bool:
    """Whether a database has every migration of this program."""
    script = ScriptDirectory.from_config(_config(service))
    heads = MigrationContext.configure(connection).get_current_heads()
    has = {revision.revision for revision in script.get_all_current(heads)}
    return has >= set(script.get_heads())


@contextmanager
def _unguarded(database: Database, connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, and would lose what refers to it.

    Source: sqlite.org, "Making Other Kinds Of Table Schema Changes".
    """
    if not database.is_sqlite:
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        connection.rollback()
        raw.execute("PRAGMA foreign_keys = ON")


def _demand_references(connection: Connection) -> None:
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise BrokenReferenceError
