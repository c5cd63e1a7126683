"""How fast events get from a commit in one service to the effect in another."""

import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from uuid import UUID

import psycopg

from bench import floor
from bench.deployment import Deployment
from services.scheduling.app import service
from services.scheduling.commands import AddResource
from services.scheduling.domain import ResourceKind
from services.scheduling.handlers import resources
from shared.context import Context
from shared.ids import uuid7
from shared.service import Runtime
from shared.settings import Settings

PRODUCERS = 2
LOOK_SECONDS = 0.002
"""Whoever looks takes from what is looked at: as seldom as the figure allows."""

_LATEST = """
    select aggregate_id from timeline where clinic_id = %s
    order by occurred_at desc limit 200
"""
"""What was told within ten seconds, at twenty events a second."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Events a second, and the floor's."""

    ours: float
    floor: float

    @property
    def ratio(self) -> float:
        """Ours over the floor's."""
        return self.ours / self.floor


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Commit to effect at light load, in milliseconds."""

    p50_ms: float
    p99_ms: float
    count: int


def measure_flow(deployment: Deployment, count: int) -> Flow:
    """Events a second: scheduling commits, console shows; against the floor."""
    return Flow(ours=_ours(deployment, count), floor=_floor(deployment, count))


def tell(settings: Settings, count: int) -> None:
    """Commit a resource, and the event that tells of it, again and again."""
    runtime = Runtime.start(service, settings)
    context = Context(actor=service.actor, clinic_id=uuid7())
    for _ in range(count):
        with runtime.unit_of_work(context) as uow:
            resources.add_resource(AddResource(kind=ResourceKind.ROOM, name="x"), uow)
    runtime.close()


def _ours(deployment: Deployment, count: int) -> float:
    before = _count(deployment.url("console"), "timeline")
    producers = [_telling(deployment, count // PRODUCERS) for _ in range(PRODUCERS)]
    rate = _rate(deployment.url("console"), "timeline", before, count)
    for process in producers:
        deployment.stop(process)
    return rate


def _rate(url: str, table: str, before: int, count: int) -> float:
    """Rows a second, from the first that is there: starting processes is not flow."""
    wait_for_rows(url, table, before + 1)
    began, first = time.monotonic(), _count(url, table)
    wait_for_rows(url, table, before + count)
    return (before + count - first) / (time.monotonic() - began)


def _telling(deployment: Deployment, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.pipeline", str(count)]
    return deployment.run(command, deployment.environment("scheduling", 1))


def _floor(deployment: Deployment, count: int) -> float:
    url = deployment.postgres.create_database("bench_floor_flow")
    floor.declare(url, deployment.broker_url)
    hearing = deployment.run(
        [sys.executable, "-m", "bench.floor", "hear", url, deployment.broker_url],
        os.environ,
    )
    time.sleep(1)
    telling = [
        deployment.run(
            [
                sys.executable,
                "-m",
                "bench.floor",
                "tell",
                url,
                deployment.broker_url,
                str(count // PRODUCERS),
            ],
            os.environ,
        )
        for _ in range(PRODUCERS)
    ]
    rate = _rate(url, "heard", 0, count)
    for process in [*telling, hearing]:
        deployment.stop(process)
    return rate


def measure_latency(deployment: Deployment, count: int) -> Latency:
    """From just before a commit until another connection sees the effect."""
    runtime = Runtime.start(service, deployment.settings("scheduling"))
    context = Context(actor=service.actor, clinic_id=uuid7())
    told: dict[UUID, float] = {}
    seen: dict[UUID, float] = {}
    watching = threading.Thread(
        target=_watch, args=(deployment.url("console"), context.clinic_id, count, seen)
    )
    watching.start()
    for _ in range(count):
        with runtime.unit_of_work(context) as uow:
            command = AddResource(kind=ResourceKind.ROOM, name="x")
            resource = resources.add_resource(command, uow)
            told[resource.id] = time.monotonic()
        time.sleep(0.05)
    watching.join(30)
    runtime.close()
    took = sorted((seen[which] - told[which]) * 1000 for which in told)
    return Latency(
        p50_ms=statistics.median(took),
        p99_ms=took[int(len(took) * 0.99) - 1],
        count=len(took),
    )


def _watch(
    url: str, clinic_id: UUID | None, count: int, seen: dict[UUID, float]
) -> None:
    with psycopg.connect(url, autocommit=True) as database:
        while len(seen) < count:
            rows = database.execute(_LATEST, (clinic_id,)).fetchall()
            now = time.monotonic()
            for (which,) in rows:
                seen.setdefault(which, now)
            time.sleep(LOOK_SECONDS)


def wait_for_rows(url: str, table: str, count: int, *, seconds: float = 600) -> None:
    """Wait until a table has so many rows.

    Raises:
        TimeoutError: it does not get them.
    """
    deadline = time.monotonic() + seconds
    while _count(url, table) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{table} did not get {count} rows")
        time.sleep(0.02)


def _count(url: str, table: str) -> int:
    with psycopg.connect(url) as database:
        row = database.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    tell(Settings.from_env(), int(sys.argv[1]))
