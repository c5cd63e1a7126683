"""What tests of the treatment record may ask for."""

from collections.abc import Iterator

import pytest

from services.sessions.app import service
from shared.testing.lab import Lab
from tests.sessions.clinic_day import Day


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The service alone; its clock stands until a test moves it on."""
    made = Lab([service], tmp_path_factory.mktemp("sessions"))
    made.settle()
    yield made
    made.close()


@pytest.fixture
def day(lab: Lab) -> Day:
    """A clinic of the test's own: no test sees another's patients or events."""
    return Day(lab)
