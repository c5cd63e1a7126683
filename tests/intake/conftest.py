"""A laboratory with intake alone, and a clinic in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.intake.app import service
from shared.testing.lab import Lab
from tests.intake.clinic_lab import Clinic


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Intake on SQLite, with a clock that stands still."""
    made = Lab([service], tmp_path)
    made.settle()
    yield made
    made.close()


@pytest.fixture
def clinic(lab: Lab) -> Clinic:
    """A clinic in Chicago."""
    return Clinic(lab)
