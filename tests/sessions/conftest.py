"""What tests of the treatment record may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.sessions.app import service
from shared.testing.lab import Lab
from tests.sessions.clinic_day import Day


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """The service alone, its clock standing."""
    made = Lab([service], tmp_path)
    made.settle()
    yield made
    made.close()


@pytest.fixture
def day(lab: Lab) -> Day:
    """A clinic."""
    return Day(lab)
