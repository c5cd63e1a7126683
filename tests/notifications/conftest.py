"""A clinic that keeps its mail, and one that sends it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.testing.smtp import SmtpSink
from tests.notifications.clinic_lab import Clinic
from tests.notifications.receiver import Receiver


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic whose mail is kept for the console."""
    made = Clinic(tmp_path)
    yield made
    made.close()


@pytest.fixture
def mailing(tmp_path: Path, smtp_sink: SmtpSink) -> Iterator[Clinic]:
    """A clinic whose mail goes to a server."""
    folder = tmp_path / "mailing"
    folder.mkdir()
    made = Clinic(folder, mail_url=smtp_sink.url)
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An integrator's endpoint."""
    with Receiver() as made:
        yield made


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic that may post to endpoints on this machine."""
    folder = tmp_path / "hooked"
    folder.mkdir()
    made = Clinic(folder, webhook_hosts=frozenset({"127.0.0.1"}))
    yield made
    made.close()
