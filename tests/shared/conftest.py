"""Databases for tests of the kernel's parts."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.database import Database
from shared.testing.keys import new_vault
from shared.testing.servers import PostgresServer
from shared.testing.templates import postgres_database, sqlite_database
from tests.shared.rooms import Begin, begin_on


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database on the PostgreSQL server."""
    name = f"kernel_{uuid4().hex}"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kernel'}.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Scheduling's database, with its tables, of either kind."""
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres")
        return
    url = sqlite_database("scheduling", tmp_path / "kernel.db")
    made = Database(url, vault=new_vault())
    yield made
    made.close()


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[Database]:
    """Scheduling's database on PostgreSQL, with its tables."""
    name = f"kernel_{uuid4().hex}"
    url = postgres_database(postgres_server, "scheduling", name)
    made = Database(url, vault=new_vault())
    yield made
    made.close()
    postgres_server.drop_database(name)


@pytest.fixture
def begin(database: Database) -> Begin:
    """Opens units of work on a database of either kind."""
    return begin_on(database)
