"""Brings a service's database up to date: the mailbox's tables and the service's own.

Both are Alembic branches, so the mailbox is written once and each service adds its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from shared.database import Database, transaction
from shared.errors import KapError
from shared.isolation import allow, isolate
from shared.migrations.sealing import REWRITTEN, vacuum
from shared.privacy.vault import Vault
from shared.reach import Reach

_LOCK = 4_810_227


class BrokenReferenceError(KapError):
    """A migration would leave rows that refer to rows that are not there."""

    code = "broken_reference"


@cache
def _script(service: str) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(service))


def _config(service: str) -> Config:
    config = Config()
    here = Path(str(files("shared.migrations")))
    own = Path(str(files(f"services.{service}"))) / "migrations" / "versions"
    config.set_main_option("script_location", str(here))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{here / 'versions'}\n{own}")
    return config


def upgrade(
    service: str, database: Database, *, role: str | None = None, to: str = "heads"
) -> None:
    """Run what has not been run; several processes may ask for it at once.

    On PostgreSQL every table is then put under row-level security, and `role`, which
    the service runs as, is allowed to use it. The database is the owner's.
    """
    config = _config(service)
    with _whole(database) as connection:
        if not database.is_sqlite:
            connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if database.is_sqlite:
            _demand_references(connection)
        else:
            isolate(connection)
            if role:
                allow(connection, role)
    if tables := config.attributes.get(REWRITTEN):
        vacuum(database.engine, tables)


def migrate(
    service: str,
    url: str,
    *,
    owner_url: str | None = None,
    vault: Vault | None = None,
) -> None:
    """Bring the database at a URL up to date, as its owner if there is one.

    The role in the first URL, which the service runs as, may then use it. The vault
    seals what an older version kept in plain.
    """
    role = make_url(url).username if owner_url else None
    database = Database(owner_url or url, vault=vault)
    try:
        upgrade(service, database, role=role)
    finally:
        database.close()


def is_current(service: str, connection: Connection) -> bool:
    """Whether a database has every migration of this program."""
    script = _script(service)
    heads = MigrationContext.configure(connection).get_current_heads()
    has = {revision.revision for revision in script.get_all_current(heads)}
    return has >= set(script.get_heads())


@contextmanager
def _whole(database: Database) -> Iterator[Connection]:
    """A transaction that reaches everything.

    SQLite changes a table by making it anew, and would lose what refers to it; so it
    looks away meanwhile, which must be said outside the transaction.

    Source: sqlite.org, "Making Other Kinds Of Table Schema Changes".
    """
    everything = Reach.of(None, mailbox=True)
    if not database.is_sqlite:
        with database.begin(everything) as connection:
            yield connection
        return
    with database.session() as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with transaction(connection, everything):
                yield connection
        finally:
            raw.execute("PRAGMA foreign_keys = ON")


def _demand_references(connection: Connection) -> None:
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise BrokenReferenceError
