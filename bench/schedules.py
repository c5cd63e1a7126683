"""Free times and the day of a busy clinic, alone and in a large network."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg

from bench.busy_clinic import (
    BUSY_HOURS,
    CLOSES,
    DAY,
    DAYS,
    HOUR,
    OPENS,
    STAFF,
    Clinic,
    busy_clinic,
)
from bench.deployment import Deployment
from services.scheduling.domain import AppointmentMode, AppointmentType, ResourceKind
from services.scheduling.queries import appointments
from services.scheduling.queries.free_times import free_times
from services.scheduling.schemas.appointments import DayView
from shared.rulepack import load_pack

NEEDED = (ResourceKind.ROOM, ResourceKind.THERAPIST, ResourceKind.MONITOR)
"""What a dose needs by the product's rule pack."""
WANTED = 10
TURNS = 20
QUARTER = timedelta(minutes=15)

BARE = """
    select resource_id, starts_at, ends_at from claims
    where clinic_id = %(clinic)s and active
    and starts_at < %(until)s and starts_at > %(begin)s - interval '2 days'
    and ends_at > %(begin)s and (kind <> 'patient' or resource_id = %(patient)s)
"""


@dataclass(frozen=True, kw_only=True)
class Sought:
    """How long a search takes, and the floor's, in milliseconds."""

    claims: int
    ours_ms: float
    floor_ms: float

    @property
    def ratio(self) -> float:
        """Ours over the floor's."""
        return self.ours_ms / self.floor_ms


@dataclass(frozen=True, kw_only=True)
class Grown:
    """How long something takes alone and among so many others, in milliseconds."""

    name: str
    rows: int
    alone_ms: float
    among_ms: float

    @property
    def ratio(self) -> float:
        """Among others against alone."""
        return self.among_ms / self.alone_ms


def measure(deployment: Deployment, rows: int) -> tuple[Sought, Grown, Grown]:
    """A search against a bare one; a search and a day, alone and among others."""
    with ExitStack() as stack:
        alone, among = (
            busy_clinic(deployment, name, others, stack)
            for name, others in (("alone", 0), ("network", rows))
        )
        found = _search(alone)
        assert len(found) == WANTED
        assert (
            _board(alone).count('"preparation"')
            == BUSY_HOURS * STAFF[ResourceKind.ROOM]
        )
        assert len(_board(alone)) == len(_board(among))
        with psycopg.connect(alone.url) as bare:
            assert _sweep(bare, alone)[1] == found == _search(among)
            ours, floor = _in_turns(lambda: _search(alone), lambda: _sweep(bare, alone))
            claims = _sweep(bare, alone)[0]
        return (
            Sought(claims=claims, ours_ms=ours, floor_ms=floor),
            _grown("free times of 90 days", rows, _search, alone, among),
            _grown("a clinic's day", rows, _board, alone, among),
        )


def _grown(
    name: str, rows: int, look: Callable[[Clinic], Any], alone: Clinic, among: Clinic
) -> Grown:
    little, much = _in_turns(lambda: look(alone), lambda: look(among))
    return Grown(name=name, rows=rows, alone_ms=little, among_ms=much)


def _in_turns(*sides: Callable[[], Any]) -> tuple[float, ...]:
    """What each takes, in turns: what disturbs one side disturbs the other."""
    took: list[list[float]] = [[] for _ in sides]
    for _ in range(TURNS):
        for side, times in zip(sides, took, strict=True):
            began = time.perf_counter()
            side()
            times.append((time.perf_counter() - began) * 1000)
    return tuple(map(statistics.median, took))


def _search(clinic: Clinic) -> list[datetime]:
    """The first times for a dose in ninety days."""
    asked = {
        "patient_id": clinic.patient_id,
        "type": AppointmentType.DOSING,
        "mode": AppointmentMode.IN_PERSON,
        "route": None,
        "from_": clinic.begin,
        "days": DAYS,
        "opens": clock(OPENS),
        "closes": clock(CLOSES),
        "weekdays": [],
        "limit": WANTED,
    }
    with clinic.runtime.reading(clinic.here) as reading:
        found = free_times(reading, asked, clinic.begin)
    return [one["starts_at"] for one in found]


def _board(clinic: Clinic) -> str:
    """The first of a clinic's days, as the board gets it."""
    on = clinic.begin.date()
    with clinic.runtime.reading(clinic.here) as reading:
        said: str = DayView().dumps(appointments.day(reading, on, clinic.begin))
    return said


def _sweep(
    bare: "psycopg.Connection[tuple[Any, ...]]", clinic: Clinic
) -> tuple[int, list[datetime]]:
    """The same rows and the same question, with nothing around it."""
    until = clinic.begin + DAYS * DAY
    rows = bare.execute(
        BARE,
        {
            "clinic": clinic.id,
            "begin": clinic.begin,
            "until": until,
            "patient": clinic.patient_id,
        },
    ).fetchall()
    taken: dict[tuple[UUID, Any], list[tuple[datetime, datetime]]] = defaultdict(list)
    for who, starts_at, ends_at in rows:
        taken[who, starts_at.date()].append((starts_at, ends_at))
    return len(rows), list(islice(_free(clinic, taken), WANTED))


def _free(
    clinic: Clinic, taken: dict[tuple[UUID, Any], list[tuple[datetime, datetime]]]
) -> Iterator[datetime]:
    lasts = load_pack().appointments.lasts("dosing")
    for number in range(DAYS):
        day = clinic.begin + number * DAY
        begins: list[set[datetime]] = []
        for ids in (*map(clinic.resources.get, NEEDED), [clinic.patient_id]):
            of_kind: set[datetime] = set()
            for who in ids or ():
                at = day + OPENS * HOUR
                end = (day + CLOSES * HOUR,) * 2
                for starts_at, ends_at in (*sorted(taken[who, day.date()]), end):
                    while at + lasts <= starts_at:
                        of_kind.add(at)
                        at += QUARTER
                    at = max(at, ends_at)
            begins.append(of_kind)
        yield from sorted(set.intersection(*begins))
