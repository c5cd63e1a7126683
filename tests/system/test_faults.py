"""Servers that go away and come back, and processes killed or stopped at any moment."""

import os
import random
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli.api_client import Deployment
from tests.system.processes import RealProcesses
from tests.system.work import Work

API, WORKER = "api scheduling", "worker scheduling"
STOPS_WITHIN_SECONDS = 20.0
PAUSE_SECONDS = 0.02
KILLS = 5
# A process that asks a dead server without a pause uses a whole core or more.
SPINNING_CORES = 0.25


@pytest.fixture
def work(real_processes: RealProcesses) -> Iterator[Work]:
    """A clinic that works on; every process lives."""
    with Work(real_processes.url) as work:
        work.open_clinic()
        yield work


def test_requests_succeed_and_events_wait_while_the_broker_is_away(
    real_processes: RealProcesses, work: Work
) -> None:
    before = real_processes.pids()

    real_processes.rabbit.stop()
    work.add_rooms(5)
    early = oldest_unsent_seconds(real_processes)
    time.sleep(1.5)
    late = oldest_unsent_seconds(real_processes)
    ready = httpx.get(f"{real_processes.address(API)}/readyz")
    real_processes.rabbit.start()

    work.assert_done_once()
    assert late >= early + 1.5
    assert ready.status_code == 200
    assert oldest_unsent_seconds(real_processes) == 0
    assert real_processes.pids() == before


def test_a_consumer_goes_on_after_the_broker_was_restarted(
    real_processes: RealProcesses, work: Work
) -> None:
    before = real_processes.pids()

    with working_on(work):
        time.sleep(0.5)
        real_processes.rabbit.restart()
        time.sleep(0.5)

    work.assert_done_once()
    assert real_processes.pids() == before


def test_the_api_says_when_to_come_back_and_no_worker_spins_without_a_database(
    real_processes: RealProcesses, work: Work
) -> None:
    before = real_processes.pids()

    with working_on(work):
        real_processes.postgres.stop()
        refused = refusal(real_processes, work)
        ready = httpx.get(f"{real_processes.address(API)}/readyz")
        spent = cores_used(before[WORKER])
        real_processes.heal()

    work.assert_done_once()
    assert refused.status_code == 503
    assert refused.json()["code"] == "unavailable"
    assert int(refused.headers["Retry-After"]) > 0
    assert ready.status_code == 503
    assert real_processes.pids() == before
    assert spent < SPINNING_CORES


def test_a_worker_killed_again_and_again_loses_and_doubles_nothing(
    real_processes: RealProcesses, work: Work
) -> None:
    moments = random.Random(7)
    with working_on(work):
        for number in range(KILLS):
            name = ("worker console", WORKER)[number % 2]
            time.sleep(moments.uniform(0.1, 0.6))
            real_processes.kill(name)
            real_processes.heal()

    work.assert_done_once()


@pytest.mark.parametrize("name", [API, WORKER])
def test_a_process_that_is_told_to_stop_ends_soon_and_well(
    real_processes: RealProcesses, work: Work, name: str
) -> None:
    with working_on(work):
        time.sleep(0.5)
        began = time.monotonic()
        status = real_processes.stop(name)
        took = time.monotonic() - began
        real_processes.heal()

    work.assert_done_once()
    assert status == 0
    assert took < STOPS_WITHIN_SECONDS


@contextmanager
def working_on(work: Work) -> Iterator[None]:
    """Somebody adds one room after the other meanwhile, however long that takes."""
    enough = threading.Event()

    def add_rooms() -> None:
        while not enough.is_set():
            work.add_rooms(1)
            time.sleep(PAUSE_SECONDS)

    with ThreadPoolExecutor(1) as person:
        working = person.submit(add_rooms)
        try:
            yield
        finally:
            enough.set()
        working.result()


def refusal(processes: RealProcesses, work: Work) -> httpx.Response:
    """What the API answers by itself to a change."""
    url = f"{processes.address(API)}/scheduling/v1/clinics/{work.clinic.id}/resources"
    deployment = Deployment(processes.url)
    with deployment.client:
        token = deployment.development_token("clinic_admin", clinic_id=work.clinic.id)
    body = {"kind": "room", "name": "Never built"}
    return httpx.post(url, json=body, headers={"Authorization": f"Bearer {token}"})


def oldest_unsent_seconds(processes: RealProcesses) -> float:
    """How long the oldest event waits to be published, by scheduling's metrics."""
    text = httpx.get(f"{processes.address(API)}/metrics").text
    found = re.search(r"^kap_outbox_oldest_unsent_seconds\S* (\S+)$", text, re.M)
    assert found is not None
    return float(found[1])


def cores_used(process_id: int, *, seconds: float = 3.0) -> float:
    """How much of a core a process uses."""
    before = cpu_seconds(process_id)
    time.sleep(seconds)
    return (cpu_seconds(process_id) - before) / seconds


def cpu_seconds(process_id: int) -> float:
    """The time of a core a process has used so far."""
    stat = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    ticks = int(stat[11]) + int(stat[12])
    return ticks / os.sysconf("SC_CLK_TCK")
