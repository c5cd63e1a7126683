"""Brings a service's database up to date: the mailbox's tables and the service's own.

Both are Alembic branches, so the mailbox is written once and each service adds its own.
"""

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from shared.database import Database, Reach
from shared.isolation import allow, isolate

_LOCK = 4_810_227


def _config(service: str) -> Config:
    config = Config()
    here = Path(str(files("shared.migrations")))
    own = Path(str(files(f"services.{service}"))) / "migrations" / "versions"
    config.set_main_option("script_location", str(here))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{here / 'versions'}\n{own}")
    return config


def upgrade(service: str, database: Database, *, role: str | None = None) -> None:
    """Run what has not been run; several processes may ask for it at once.

    On PostgreSQL every table is then put under row-level security, and `role`, which
    the service runs as, is allowed to use it. The database is the owner's.
    """
    config = _config(service)
    with database.begin(Reach.of(None, mailbox=True)) as connection:
        if not database.is_sqlite:
            connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
        if not database.is_sqlite:
            isolate(connection)
            if role:
                allow(connection, role)


def migrate(service: str, url: str, *, owner_url: str | None = None) -> None:
    """Bring the database at a URL up to date, as its owner if there is one.

    The role in the first URL, which the service runs as, may then use it.
    """
    role = make_url(url).username if owner_url else None
    database = Database(owner_url or url)
    try:
        upgrade(service, database, role=role)
    finally:
        database.close()


def is_current(service: str, connection: Connection) -> bool:
    """Whether a database has every migration of this program."""
    wanted = set(ScriptDirectory.from_config(_config(service)).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == wanted
