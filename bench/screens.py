"""Screens of sessions that run: how soon a reading is seen on one, and how long a page
takes with many readings of its own and very many of others.
"""

import json
import re
import statistics
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import ColumnElement, Table, func, literal_column, select, true

from bench.deployment import Deployment
from bench.filling import ascending_id
from bench.load import Ask, once
from bench.requests import VITALS, running_session, token_of
from cli.services import load
from services.console.cookies import COOKIE, VISIT, Sealers, Visit
from services.sessions import queries
from services.sessions.models import sessions, vitals
from shared.access import Role
from shared.context import Actor, Context
from shared.identity import verifier_of
from shared.ids import utc_now, uuid7
from shared.reach import NETWORK
from shared.service import Runtime

ASKS_EVERY_SECONDS = 1
"""A page that cannot hear of news."""

READINGS_A_SECOND = 10
"""Two hundred patients, each measured every twenty seconds."""

WAITING_TO_GO = "select exists(select from event_log where route_state = 'pending')"
WAITING_HERE = "select exists(select from inbox where state = 'pending')"
HEARD = "select count(*) from inbox"
QUIET_SECONDS = 3

TURNS = 30
MANY = 500
FEW = 10
SEEN = re.compile(rb'name="seen" value="([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Watching:
    """Commit to screen, in milliseconds, and how many readings were saved a second."""

    running: int
    per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, kw_only=True)
class Growth:
    """How long something takes with so few and so many rows, in milliseconds."""

    rows: int
    little_ms: float
    much_ms: float

    @property
    def ratio(self) -> float:
        """Much against little."""
        return self.much_ms / self.little_ms


@dataclass(kw_only=True)
class Screen:
    """A session's page, and the reading it is waiting for."""

    session_id: str
    seen: str = ""
    awaited: tuple[bytes, float] | None = None
    took_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Room:
    """A clinic whose sessions are watched, and how its staff asks."""

    deployment: Deployment
    clinic_id: UUID
    token: str
    cookies: str

    def page(self, session_id: str, seen: str = "") -> bytes:
        """The part of a session's page that keeps itself fresh."""
        ask = Ask(
            port=self.deployment.port("api", "console"),
            method="GET",
            path=f"/clinics/{self.clinic_id}/sessions/{session_id}?seen={seen}",
            headers={"Cookie": self.cookies, "HX-Request": "true"},
        )
        return once(ask.port, ask.text())

    def waits(self, session_id: str, seen: str) -> bool:
        """Whether the page is to be made anew: something is told, or it cannot hear."""
        ask = Ask(
            port=self.deployment.port("api", "console"),
            method="GET",
            path=f"/clinics/{self.clinic_id}/sessions/{session_id}/news?seen={seen}",
            headers={"Cookie": self.cookies, "HX-Request": "true"},
        )
        answer = once(ask.port, ask.text())
        if answer.startswith(b"HTTP/1.1 204"):
            return False
        if not answer.startswith(b"HTTP/1.1 200"):
            time.sleep(ASKS_EVERY_SECONDS)
        return True

    def enter(self, session_id: str) -> bytes:
        """Save a reading; its id."""
        ask = Ask(
            port=self.deployment.port("api", "sessions"),
            method="POST",
            path=f"/sessions/v1/clinics/{self.clinic_id}/sessions/{session_id}/vitals",
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
            body=json.dumps(VITALS),
        )
        answer = once(ask.port, ask.text())
        assert answer.startswith(b"HTTP/1.1 201"), answer[:400]
        found: str = json.loads(answer.partition(b"\r\n\r\n")[2])["id"]
        return found.encode()


def measure(
    deployment: Deployment, *, running: int, seconds: int, rows: int
) -> tuple[Watching, Growth, Growth]:
    """Commit to screen, a page of many readings, and a chart among very many."""
    port = deployment.port("api", "sessions")
    console = deployment.start(
        "api", "console", KAP_PEER_URL=f"http://127.0.0.1:{port}"
    )
    worker = deployment.start("worker", "sessions")
    _let_arrive(deployment)
    runtime = Runtime.start(load("sessions"), deployment.settings("sessions"))
    try:
        room = _room(deployment)
        running_session(deployment, room.clinic_id, room.token)
        ids = _more_sessions(room, runtime, running, prefix="01920")
        watching = _watch(room, ids, seconds=seconds)
        return (
            watching,
            _page(runtime, room, few=ids[0], many=ids[1]),
            _chart(runtime, deployment, room, UUID(ids[1]), rows),
        )
    finally:
        runtime.close()
        deployment.stop(worker)
        deployment.stop(console)


def _let_arrive(deployment: Deployment) -> None:
    """Wait until the console has handled what sessions told before.

    Without a worker it piled up, and what is saved now would have to wait behind it.
    """
    with (
        psycopg.connect(deployment.url("sessions"), autocommit=True) as telling,
        psycopg.connect(deployment.url("console"), autocommit=True) as hearing,
    ):
        quiet_since, heard = time.monotonic(), -1
        while time.monotonic() - quiet_since < QUIET_SECONDS:
            waits = _one(telling, WAITING_TO_GO) or _one(hearing, WAITING_HERE)
            if waits or _one(hearing, HEARD) != heard:
                quiet_since, heard = time.monotonic(), _one(hearing, HEARD)
            time.sleep(0.2)


def _one(database: "psycopg.Connection[Any]", query: LiteralString) -> Any:
    row = database.execute(query).fetchone()
    assert row is not None
    return row[0]


def _room(deployment: Deployment) -> Room:
    clinic_id = uuid4()
    token = token_of(deployment, clinic_id)
    settings = deployment.settings("console")
    now = time.time()
    subject = str(verifier_of(settings).verify(token).id)
    visit = asdict(Visit(subject=subject, began_at=now, active_at=now))
    sealed = Sealers(settings.signing_key).visits.seal(
        visit, good_for=timedelta(hours=2)
    )
    cookies = f"{COOKIE}={token}; {VISIT}={sealed}"
    return Room(
        deployment=deployment, clinic_id=clinic_id, token=token, cookies=cookies
    )


def _watch(room: Room, ids: list[str], *, seconds: int) -> Watching:
    """Every screen waits for news, while readings are saved one after another."""
    screens = [Screen(session_id=one) for one in ids]
    for screen in screens:
        _look(room, screen)
    stop = threading.Event()
    watchers = [
        threading.Thread(target=_keep_looking, args=(room, screen, stop))
        for screen in screens
    ]
    for watcher in watchers:
        watcher.start()
    end, saved, began = time.monotonic() + seconds, 0, time.monotonic()
    while time.monotonic() < end:
        screen = screens[saved % len(screens)]
        if screen.awaited is None:
            screen.awaited = room.enter(screen.session_id), time.perf_counter()
            saved += 1
        time.sleep(1 / READINGS_A_SECOND)
    per_second = saved / (time.monotonic() - began)
    while any(screen.awaited for screen in screens):
        time.sleep(0.1)
    stop.set()
    for watcher in watchers:
        watcher.join()
    took = [ms for screen in screens for ms in screen.took_ms]
    assert len(took) == saved, (len(took), saved)
    cuts = statistics.quantiles(took, n=100)
    return Watching(
        running=len(ids), per_second=per_second, p50_ms=cuts[49], p99_ms=cuts[98]
    )


def _keep_looking(room: Room, screen: Screen, stop: threading.Event) -> None:
    while not stop.is_set():
        if room.waits(screen.session_id, screen.seen):
            _look(room, screen)


def _look(room: Room, screen: Screen) -> None:
    page = room.page(screen.session_id, screen.seen)
    if page.startswith(b"HTTP/1.1 204"):
        return
    assert page.startswith(b"HTTP/1.1 200"), page[:400]
    found = SEEN.search(page)
    assert found is not None, page[-400:]
    screen.seen = found[1].decode()
    if screen.awaited and b'id="reading-' + screen.awaited[0] in page:
        screen.took_ms.append((time.perf_counter() - screen.awaited[1]) * 1000)
        screen.awaited = None


def _page(runtime: Runtime, room: Room, *, few: str, many: str) -> Growth:
    """In turns, so that what disturbs one disturbs the other."""
    for prefix, session_id, count in (
        ("01910000", few, FEW),
        ("01910001", many, MANY),
    ):
        own = {"id": ascending_id(prefix), "session_id": _this(session_id)}
        _copy(room, runtime, vitals, count, **own)
    took: Mapping[str, list[float]] = {few: [], many: []}
    for _ in range(TURNS):
        for session_id, times in took.items():
            began = time.perf_counter()
            page = room.page(session_id)
            times.append((time.perf_counter() - began) * 1000)
            assert page.startswith(b"HTTP/1.1 200"), page[:400]
    return Growth(
        rows=MANY,
        little_ms=statistics.median(took[few]),
        much_ms=statistics.median(took[many]),
    )


def _chart(
    runtime: Runtime, deployment: Deployment, room: Room, session_id: UUID, rows: int
) -> Growth:
    """The same session's data, without so many readings of others and with them."""
    actor = Actor(id=uuid7(), roles={room.clinic_id: frozenset({Role.MONITOR})})
    context = Context(actor=actor, clinic_id=room.clinic_id)

    def look() -> float:
        began = time.perf_counter()
        with runtime.reading(context) as reading:
            found = queries.chart(reading, session_id, utc_now())
        assert len(found["vitals"]) >= MANY
        return (time.perf_counter() - began) * 1000

    little = statistics.median(look() for _ in range(TURNS))
    others = max(1, rows // MANY)
    _more_sessions(room, runtime, others, prefix="01930", status="'discharged'")
    _copy(
        room,
        runtime,
        vitals,
        rows,
        id=ascending_id("01910002"),
        session_id=ascending_id("01930000", f"(n % {others} + 1)"),
        ratings="'[]'::jsonb",
    )
    # Only the tables' owner may; a server in use does so by itself.
    with psycopg.connect(deployment.url("sessions"), autocommit=True) as connection:
        connection.execute("vacuum analyze sessions, vitals")
    much = statistics.median(look() for _ in range(TURNS))
    return Growth(rows=rows, little_ms=little, much_ms=much)


def _more_sessions(
    room: Room, runtime: Runtime, count: int, *, prefix: str, **more: str
) -> list[str]:
    """Copies of the first session; their ids."""
    ids = {
        "id": ascending_id(f"{prefix}000"),
        "appointment_id": ascending_id(f"{prefix}001"),
    }
    _copy(room, runtime, sessions, count, **ids, **more)
    return [f"{prefix}000-0000-7000-8000-{n:012x}" for n in range(1, count + 1)]


def _copy(
    room: Room, runtime: Runtime, table: Table, count: int, **changed: str
) -> None:
    """So many copies of a clinic's first row, with other values as SQL of `n`."""
    columns = [column.name for column in table.c]
    own = select(table).where(table.c.clinic_id == room.clinic_id)
    first = own.order_by(table.c.id).limit(1).subquery("first")
    numbers = func.generate_series(1, count).alias("n")
    copied: list[ColumnElement[Any]] = [
        literal_column(changed.get(name, f"first.{name}")) for name in columns
    ]
    copies = select(*copied).select_from(first.join(numbers, true()))
    with runtime.begin(NETWORK) as connection:
        connection.execute(table.insert().from_select(columns, copies))


def _this(session_id: str) -> str:
    return f"'{session_id}'::uuid"
