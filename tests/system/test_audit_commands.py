"""`kap audit` on a running platform, before and after somebody changed a byte."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from cli.api_client import Deployment
from shared.testing.deployment import ROOT
from tests.system.processes import EmbeddedProcess

WITHIN_SECONDS = 60
LOOK_SECONDS = 0.2
ENTRY = b"scheduling.onboard_clinic"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[EmbeddedProcess]:
    """A platform in which nothing has happened."""
    with EmbeddedProcess(tmp_path / "data") as platform:
        platform.start()
        yield platform


def onboard_two(platform: EmbeddedProcess) -> None:
    """Two clinics join, and the trail of it is sealed."""
    deployment = Deployment(platform.url)
    with deployment.client:
        admin = deployment.development_caller("network_admin")
        for _ in range(2):
            body = {"name": f"Fictional {uuid4()}", "time_zone": "UTC"}
            admin.post("scheduling", "/clinics", **body)
        deadline = time.monotonic() + WITHIN_SECONDS
        while admin.post("scheduling", "/audit/verify")["unsealed"]:
            assert time.monotonic() < deadline
            time.sleep(LOOK_SECONDS)


def audit(platform: EmbeddedProcess, *words: str) -> subprocess.CompletedProcess[str]:
    """What a command of the audit says."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "audit", *words, "--url", platform.url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )


def change_a_byte(folder: Path) -> None:
    """Write over one letter of an entry, in the file itself."""
    file = folder / "scheduling.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    held = bytearray(file.read_bytes())
    held[held.rfind(ENTRY) + len(ENTRY) - 1] = ord("x")
    file.write_bytes(held)


def test_a_byte_that_was_changed_by_hand_is_found_and_its_entry_named(
    platform: EmbeddedProcess,
) -> None:
    onboard_two(platform)
    before = audit(platform, "verify")
    entries = [
        json.loads(line) for line in audit(platform, "export").stdout.split("\n")[:-1]
    ]
    platform.signal(signal.SIGTERM)
    change_a_byte(platform.folder)
    platform.start()

    after = audit(platform, "verify")

    assert (before.returncode, "tampered" in before.stdout) == (0, False)
    assert "whole" in before.stdout
    (line,) = [one for one in after.stdout.splitlines() if "was altered" in one]
    assert after.returncode == 1
    assert line.startswith("scheduling, clinic network: ")
    assert line.split()[3] in {
        entry["id"] for entry in entries if entry["action"] == ENTRY.decode()
    }


def test_who_saw_a_patient_nobody_knows_is_said(platform: EmbeddedProcess) -> None:
    said = audit(platform, "who-saw", str(uuid4()))

    assert (said.returncode, said.stdout) == (0, "nobody has\n")


def test_a_platform_that_does_not_answer_is_told_in_a_line(
    platform: EmbeddedProcess,
) -> None:
    platform.signal(signal.SIGTERM)

    said = audit(platform, "verify")

    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "Error: the platform does not answer\n"
