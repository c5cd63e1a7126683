"""Resident memory of the processes, and whether it grows with the events."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg

from bench.deployment import ROOT, Deployment, wait_for
from bench.pipeline import wait_for_rows
from bench.processes import memory_mb
from shared.ids import utc_now, uuid7
from shared.testing.servers.process import free_port

COLUMNS = (
    "event_id, type, clinic_id, aggregate_type, aggregate_id, aggregate_version,"
    " payload, occurred_at"
)
TYPE = "kap.scheduling.resource.added.v1"
PORTION = 5_000
WARM_UP = 10_000
"""Events before memory is read for the first time.

Half of what the first thousands add are pages that each connection to an SQLite file
keeps, up to 2 MB; they fill up and then stay as they are.
"""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Resident memory in MB before and after many events."""

    process: str
    before_mb: float
    after_mb: float


def measure_processes(
    deployment: Deployment,
    processes: dict[str, subprocess.Popen[bytes]],
    events: int,
) -> list[Growth]:
    """Let events flow from scheduling to the console; memory of each process."""
    before = {name: memory_mb(process.pid) for name, process in processes.items()}
    url = deployment.url("console")
    with psycopg.connect(url) as database:
        row = database.execute("select count(*) from timeline").fetchone()
    assert row is not None
    have: int = row[0]
    for done in range(0, events, PORTION):
        rows = [_row(i) for i in range(PORTION)]
        with psycopg.connect(deployment.url("scheduling")) as database:
            database.cursor().executemany(
                f"insert into event_log ({COLUMNS}) values (%s,%s,%s,%s,%s,%s,%s,%s)",
                rows,
            )
        wait_for_rows(url, "timeline", have + done + PORTION)
    return [
        Growth(process=name, before_mb=before[name], after_mb=memory_mb(process.pid))
        for name, process in processes.items()
    ]


def measure_embedded(events: int) -> Growth:
    """The whole platform in one process, warm, before and after many events."""
    with TemporaryDirectory() as folder:
        port = free_port()
        command = [sys.executable, "-m", "cli.main", "up", "--port", str(port)]
        process = subprocess.Popen(
            [*command, "--data", folder], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/scheduling/readyz")
            _wait_for_seed(Path(folder))
            _tell_embedded(Path(folder), WARM_UP)
            before = memory_mb(process.pid)
            _tell_embedded(Path(folder), events)
            after = memory_mb(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    return Growth(process="embedded platform", before_mb=before, after_mb=after)


def _wait_for_seed(folder: Path) -> None:
    """Wait until the fictional clinics are there and nothing moves any more."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < 5:
        now = _shown(folder)
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.3)


def _tell_embedded(folder: Path, events: int) -> None:
    have = _shown(folder)
    for done in range(0, events, PORTION):
        with sqlite3.connect(folder / "scheduling.db", timeout=60) as database:
            database.executemany(
                f"insert into event_log ({COLUMNS}) values (?,?,?,?,?,?,?,?)",
                [_row(i, plain=True) for i in range(PORTION)],
            )
        while _shown(folder) < have + done + PORTION:
            time.sleep(0.1)


def _shown(folder: Path) -> int:
    with sqlite3.connect(folder / "console.db", timeout=60) as database:
        count: int = database.execute("select count(*) from timeline").fetchone()[0]
    return count


def _row(_: int, *, plain: bool = False) -> tuple[object, ...]:
    """An event as the log keeps it; SQLite keeps ids as hexadecimal digits."""
    resource_id, clinic_id = uuid7(), uuid4()
    payload = json.dumps({"resource_id": str(resource_id), "kind": "room"})
    ids = [uuid7(), clinic_id, resource_id]
    event_id, clinic, aggregate = (i.hex if plain else i for i in ids)
    now = utc_now()
    at = now.strftime("%Y-%m-%d %H:%M:%S.%f") if plain else now
    return event_id, TYPE, clinic, "resource", aggregate, 1, payload, at
