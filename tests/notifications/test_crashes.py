"""A process that is killed around a sending loses no message."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.testing.smtp import SmtpSink
from tests.notifications.clinic_lab import Clinic
from tests.notifications.crashing import CLINIC, PATIENT


@pytest.mark.parametrize(
    ("point", "copies"),
    [("delivery.before_sending", 1), ("delivery.before_recording", 2)],
)
def test_a_message_is_sent_again_under_the_same_id_after_its_sender_died(
    tmp_path: Path, smtp_sink: SmtpSink, point: str, copies: int
) -> None:
    died = subprocess.run(
        [sys.executable, "-m", "tests.notifications.crashing", tmp_path, smtp_sink.url],
        env={**os.environ, "KAP_CRASH_AT": point},
        timeout=60,
        check=False,
    )
    clinic = Clinic(tmp_path, clinic_id=CLINIC, mail_url=smtp_sink.url)
    clinic.register(patient_id=PATIENT)
    while_leased = clinic.messages()

    clinic.wait(minutes=3)

    assert died.returncode == -signal.SIGKILL
    assert while_leased == [("appointment_booked", "planned", None)]
    assert clinic.messages() == [("appointment_booked", "sent", None)]
    ids = [mail["Message-ID"] for mail in smtp_sink.messages]
    assert len(ids) == copies
    assert len(set(ids)) == 1
    clinic.close()
