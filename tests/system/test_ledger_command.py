"""`kap ledger verify` on a running platform, before and after somebody cheated."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from cli.api_client import Deployment, RefusedError
from shared.testing.deployment import ROOT
from tests.system.processes import EmbeddedProcess

WITHIN_SECONDS = 60
VIAL: dict[str, Any] = {
    "drug": "racemic_ketamine",
    "form": "vial",
    "lot": "fict-1",
    "strength_mg": 50,
    "content_mg": 500,
    "expires_on": "2190-01-01",
    "supplier": "Fictional Wholesale",
    "invoice": "inv-1",
}


def verify(platform: EmbeddedProcess) -> subprocess.CompletedProcess[str]:
    """What the command says."""
    command = [sys.executable, "-m", "cli.main", "ledger", "verify"]
    return subprocess.run(
        [*command, "--url", platform.url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=False,
    )


def fill(platform: EmbeddedProcess) -> str:
    """A clinic with a ledger and a vial; the hash of the last entry."""
    deployment = Deployment(platform.url)
    with deployment.client:
        network = deployment.development_caller("network_admin")
        made = network.post(
            "scheduling", "/clinics", name="Fictional Lake", time_zone="UTC"
        )
        clinic_id = made["id"]
        lead = deployment.development_caller("medical_lead", clinic_id=clinic_id)
        lead.post("sessions", "/ledger", number="RK1234563", schedule="c3")
        deadline = time.monotonic() + WITHIN_SECONDS
        while True:
            try:
                lead.post("sessions", "/ledger/receipts", **VIAL)
                break
            except RefusedError as error:
                # Sessions has not heard of the clinic yet.
                assert error.code == "not_found"
                assert time.monotonic() < deadline
                time.sleep(0.2)
        head: str = lead.get("sessions", "/ledger")["registration"]["head"]
        return head


def test_a_ledger_that_somebody_changed_by_hand_is_found(tmp_path: Path) -> None:
    with EmbeddedProcess(tmp_path / "data") as platform:
        platform.start()
        head = fill(platform)

        well = verify(platform)
        with closing(sqlite3.connect(platform.folder / "sessions.db")) as database:
            database.execute("update containers set balance_ug = 1")
            database.commit()
        found = verify(platform)

    assert well.returncode == 0, well.stderr
    assert f"1 entries  whole  {head}" in well.stdout
    assert found.returncode == 1
    assert "its balance is not the sum of its entries" in found.stdout
