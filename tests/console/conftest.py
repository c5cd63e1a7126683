"""A clinic on a busy day, and an empty one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.console.app import service as console
from shared.testing.lab import Lab
from tests.console.clinic_day import BusyDay, ClinicDay, busy_day, laboratory


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


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    """Every service, and a clinic without patients."""
    with laboratory(tmp_path) as made:
        yield ClinicDay.begin(made)
