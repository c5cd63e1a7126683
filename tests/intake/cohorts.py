"""Cohorts planted row by row, and their figures worked out a second time by hand."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from services.intake.domain import EpisodeStatus, MeasureContext
from services.intake.models import (
    courses,
    episodes,
    integrations,
    measures,
    no_shows,
    treatments,
)
from shared.ids import uuid7
from shared.testing.lab import MORNING
from shared.unit_of_work import UnitOfWork

A_DAY = timedelta(days=1)
BEGAN = MORNING - timedelta(days=500)
RULES = {"phq9": (50, 5, 5), "gad7": (50, 5, 4), "pcl5": (None, None, 10)}
"""Response in percent, remission below, points that mean something."""
WINDOWS = {"end": (1, 21), "month_1": (21, 60), "month_3": (60, 135)} | {
    "month_6": (135, 240)
}


@dataclass(kw_only=True)
class Planted:
    """An episode with doses, and what came after."""

    opened_at: datetime
    given_at: list[datetime]
    route: str
    is_kept: bool
    is_left: bool
    missed: int
    late: list[bool | None]
    """Integrations: late, in time, or not yet."""
    answers: list[tuple[str, datetime, int]] = field(default_factory=list)
    id: UUID = field(default_factory=uuid7)

    @property
    def is_over(self) -> bool:
        return self.is_kept or self.is_left


def some(random: Random, count: int) -> list[Planted]:
    """Episodes of every kind."""
    return [_one(random) for _ in range(count)]


def _one(random: Random) -> Planted:
    opened_at = BEGAN + A_DAY * random.randrange(400)
    first = opened_at + timedelta(hours=random.randrange(24, 24 * 60))
    given = [first + timedelta(days=4 * n) for n in range(random.randrange(1, 7))]
    ending = random.choice(("kept", "left", "open"))
    planted = Planted(
        opened_at=opened_at,
        given_at=given,
        route=random.choice(("iv", "im")),
        is_kept=ending == "kept",
        is_left=ending == "left",
        missed=random.choice((0, 0, 0, 1, 2)),
        late=[random.choice((True, False, False, None)) for _ in given],
    )
    for instrument, highest in (("phq9", 27), ("gad7", 21), ("pcl5", 80)):
        planted.answers += sorted(_answers(random, planted, instrument, highest))
    return planted


def _answers(
    random: Random, planted: Planted, instrument: str, highest: int
) -> Iterator[tuple[str, datetime, int]]:
    first, last = planted.given_at[0], planted.given_at[-1]
    for _ in range(random.choice((0, 1, 2))):
        before = first - timedelta(hours=random.randrange(100))
        yield (instrument, before, random.randint(0, highest))
    for days in (1, 20, 21, 40, 59, 60, 100, 134, 135, 200, 239, 240):
        if random.random() < 0.3:
            at = last + A_DAY * days + timedelta(seconds=random.choice((0, 0, -1, 5)))
            yield (instrument, at, random.randint(0, highest // 2))


def plant(some: list[Planted], patient_id: UUID, uow: UnitOfWork) -> None:
    """Write the rows of episodes of one clinic."""
    for one in some:
        for table, rows in _rows(one, patient_id, uow.clinic_id):
            if rows:
                uow.connection.execute(insert(table), rows)


def _rows(one: Planted, patient_id: UUID, clinic_id: UUID) -> Iterator[tuple[Any, Any]]:
    own = {"clinic_id": clinic_id, "episode_id": one.id}
    last = one.given_at[-1]
    status = EpisodeStatus.WITHDRAWN if one.is_left else EpisodeStatus.ACTIVE
    yield (
        episodes,
        [
            {
                "id": one.id,
                "clinic_id": clinic_id,
                "version": 0,
                "patient_id": patient_id,
                "status": EpisodeStatus.MAINTENANCE if one.is_kept else status,
                "opened_at": one.opened_at,
                "reminders": 0,
                "maintenance_since": last + A_DAY if one.is_kept else None,
                "ended_at": last + A_DAY if one.is_left else None,
            }
        ],
    )
    yield (
        courses,
        [
            {
                "id": one.id,
                "clinic_id": clinic_id,
                "patient_id": patient_id,
                "route_class": one.route,
                "first_dose_at": one.given_at[0],
                "last_dose_at": last,
            }
        ],
    )
    yield (
        treatments,
        [
            {**own, "id": uuid7(), "patient_id": patient_id, "given_at": at, "doses": 1}
            for at in one.given_at
        ],
    )
    yield (
        no_shows,
        [{**own, "id": uuid7(), "noted_at": last} for _ in range(one.missed)],
    )
    yield (
        integrations,
        [
            {
                **own,
                "id": uuid7(),
                "late_at": at + 3 * A_DAY if late is not None else MORNING + A_DAY,
                "completed_at": at + A_DAY if late is False else None,
            }
            for at, late in zip(one.given_at, one.late, strict=True)
        ],
    )
    yield (
        measures,
        [
            {
                **own,
                "id": uuid7(),
                "version": 1,
                "patient_id": patient_id,
                "instrument": instrument,
                "instrument_version": "1",
                "context": MeasureContext.FOLLOW_UP,
                "answers": {},
                "total": total,
                "findings": [],
                "trends": [],
                "alert": False,
                "recorded_by": patient_id,
                "recorded_at": at,
            }
            for instrument, at, total in one.answers
        ],
    )


def figures_of(some: list[Planted], now: datetime) -> dict[tuple[str, ...], list[int]]:
    """Every figure, counted by hand: so many of so many."""
    found: dict[tuple[str, ...], list[int]] = {}

    def add(key: tuple[str, ...], count: int, of: int) -> None:
        before = found.setdefault(key, [0, 0])
        before[0] += count
        before[1] += of

    for one in some:
        add(("over",), one.is_over, 1)
        add(("completed",), one.is_kept, one.is_over)
        add(("no_show",), one.missed, one.missed + len(one.given_at))
        done = Counter(one.late)
        add(("integrated",), done[False], done[False] + done[True])
        for instrument in RULES:
            for key, count, of in _answered(one, instrument, now):
                add((key[0], instrument, key[1]), count, of)
    return found


def _answered(
    one: Planted, instrument: str, now: datetime
) -> Iterator[tuple[tuple[str, str], int, int]]:
    percent, below, points = RULES[instrument]
    own = [(at, total) for name, at, total in one.answers if name == instrument]
    before = [total for at, total in own if at <= one.given_at[0]]
    if not before:
        return
    baseline, last = before[-1], one.given_at[-1]
    for window, (opens, closes) in WINDOWS.items():
        is_due = one.is_over and last + A_DAY * closes <= now
        inside = [
            t for at, t in own if last + A_DAY * opens <= at < last + A_DAY * closes
        ]
        is_there = is_due and bool(inside)
        total = inside[0] if is_there else 0
        fallen = baseline - total
        yield ("measured", window), is_there, is_due
        if percent is not None and below is not None:
            is_response = baseline > 0 and fallen * 2 >= baseline
            yield ("response", window), is_there and is_response, is_there
            can_remit = is_there and baseline >= below
            yield ("remission", window), can_remit and total < below, can_remit
        yield ("improved", window), is_there and fallen >= points, is_there
        yield ("deteriorated", window), is_there and -fallen >= points, is_there
