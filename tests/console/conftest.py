"""A clinic on a busy day, and an empty one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.console.app import service as console
from shared.ids import uuid7
from shared.testing.lab import Lab
from shared.testing.servers import PostgresServer
from shared.testing.templates import postgres_database
from tests.console.busy_day import BusyDay, busy_day
from tests.console.clinic_day import ClinicDay, laboratory


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusyDay]:
    """A busy day, to be looked at: making it takes a while, so nobody changes it."""
    with laboratory(tmp_path_factory.mktemp("busy")) as lab:
        yield busy_day(ClinicDay.begin(lab))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """The console alone, and nothing in it: enough where no page asks a service."""
    made = Lab([console], tmp_path, front="console", development_issuer=True)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    """The console alone, on either database."""
    if request.param == "sqlite":
        made = Lab([console], tmp_path, front="console")
        yield made
        made.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"console_{uuid7().hex}"
    url = postgres_database(server, "console", name)
    url = url.replace("postgresql:", "postgresql+psycopg:")
    made = Lab([console], tmp_path, database_url=lambda _: url, front="console")
    yield made
    made.close()
    server.drop_database(name)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    """Every service, and a clinic without patients."""
    with laboratory(tmp_path) as made:
        yield ClinicDay.begin(made)
