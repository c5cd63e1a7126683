"""Free times: found in one pass over what is taken, whatever the clocks do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduling.domain.hours import Opening
from services.scheduling.domain.windows import Window, at
from shared.rulepack import Part, ResourceKind

STEP = timedelta(minutes=15)
"""Appointments are offered at quarters of an hour. Source: project default."""


class Busy(NamedTuple):
    """A time somebody or something is taken for."""

    who: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A time at which everything is free, and the first that is of each kind."""

    starts_at: datetime
    ends_at: datetime
    resources: Mapping[ResourceKind, UUID]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is looked for: between two instants, while the clinic is open.

    Args:
        opens, closes: the local times between which it begins and ends.
        weekdays: 0 for Monday to 6; every day if empty.
        parts: how long it uses and holds what is not needed throughout, by kind.
    """

    begins_at: datetime
    ends_at: datetime
    duration: timedelta
    opening: Opening
    opens: time
    closes: time
    weekdays: frozenset[int] = frozenset()
    parts: Mapping[ResourceKind, Part] = field(default_factory=dict)

    def part(self, kind: ResourceKind) -> Part:
        """How long something of a kind is used and held."""
        whole = Part(uses=self.duration, holds=self.duration)
        return self.parts.get(kind, whole)


NEVER_OFF: Mapping[UUID, Sequence[Window]] = MappingProxyType({})


def offers(
    wish: Wish,
    kinds: Mapping[ResourceKind, Sequence[UUID]],
    patient_id: UUID | None,
    taken: Iterable[Busy],
    on_duty: Mapping[UUID, Sequence[Window]] = NEVER_OFF,
) -> Iterator[Offer]:
    """Free times, the earliest first.

    Time is a row of bits, one for each step of the horizon; a resource's busy times
    are bits that are set, so that a day of a hundred appointments costs what an empty
    one costs.

    Args:
        kinds: what can be booked of each kind that is needed.
        patient_id: who must be free as well; nobody in particular, without one.
        taken: what is taken within the horizon, of any of them or of the patient.
        on_duty: when each can be had, as long stretches; always, who is not named.
    """
    row = _Row(_floored(wish.begins_at), wish.ends_at)
    if not all(kinds.values()):
        return
    busy: dict[UUID, int] = {}
    for one in taken:
        busy[one.who] = busy.get(one.who, 0) | row.touched(one)
    begins = _begins(row, wish, kinds, busy, on_duty)
    free = _allowed(wish, row)
    if patient_id is not None:
        free &= row.starts(busy.get(patient_id, 0), wish.duration)
    for each in begins.values():
        free &= _any(each.values())
    while free:
        lowest = free & -free
        free ^= lowest
        starts_at = row.origin + (lowest.bit_length() - 1) * STEP
        yield Offer(
            starts_at=starts_at,
            ends_at=starts_at + wish.duration,
            resources={
                kind: next(who for who, bits in each.items() if bits & lowest)
                for kind, each in begins.items()
            },
        )


@dataclass(frozen=True)
class _Row:
    """The steps of a horizon, as bits."""

    origin: datetime
    ends_at: datetime

    @cached_property
    def steps(self) -> int:
        """How many there are."""
        return max(0, -(-(self.ends_at - self.origin) // STEP))

    @property
    def whole(self) -> Sequence[Window]:
        """All of it, as one stretch."""
        return [(self.origin, self.origin + self.steps * STEP)]

    def touched(self, busy: Busy) -> int:
        """The steps that a busy time touches, if only for a moment."""
        first = max(0, (busy.starts_at - self.origin) // STEP)
        behind = min(self.steps, -(-(busy.ends_at - self.origin) // STEP))
        return _ones(first, behind)

    def starts(self, busy: int, lasts: timedelta) -> int:
        """Steps from which it is free for so long; halving, not step by step."""
        free, have = ~busy & _ones(0, self.steps), 1
        needed = -(-lasts // STEP)
        while have < needed:
            more = min(have, needed - have)
            free &= free >> more
            have += more
        return free

    def within(self, windows: Iterable[Window], lasts: timedelta) -> int:
        """Steps from which so long a time lies within one of some stretches."""
        found = 0
        for begins, ends in windows:
            first = max(0, -((self.origin - begins) // STEP))
            found |= _ones(
                first, min(self.steps, (ends - lasts - self.origin) // STEP + 1)
            )
        return found


def _floored(at: datetime) -> datetime:
    """The next step, or this one."""
    whole = at.replace(minute=0, second=0, microsecond=0)
    return whole + -(-(at - whole) // STEP) * STEP


def _begins(
    row: _Row,
    wish: Wish,
    kinds: Mapping[ResourceKind, Sequence[UUID]],
    busy: Mapping[UUID, int],
    on_duty: Mapping[UUID, Sequence[Window]],
) -> Mapping[ResourceKind, Mapping[UUID, int]]:
    """Steps from which each can be had for its part, by kind."""
    return {
        kind: {
            who: row.starts(busy.get(who, 0), wish.part(kind).holds)
            & row.within(on_duty.get(who, row.whole), wish.part(kind).uses)
            for who in whos
        }
        for kind, whos in kinds.items()
    }


def _ones(first: int, behind: int) -> int:
    """The bits from one to before another."""
    return ((1 << (behind - first)) - 1) << first if behind > first else 0


def _any(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _allowed(wish: Wish, row: _Row) -> int:
    """Steps at which an appointment may begin, by the clinic's clock and calendar."""
    allowed, zone = 0, wish.opening.zone
    for day in _days(row.origin, row.origin + row.steps * STEP, zone):
        if wish.weekdays and day.weekday() not in wish.weekdays:
            continue
        earliest, latest = at(day, wish.opens, zone), at(day, wish.closes, zone)
        windows = [
            (max(opens, earliest), min(closes, latest))
            for opens, closes in wish.opening.windows(day)
        ]
        allowed |= row.within(windows, wish.duration)
    return allowed


def _days(begins_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Iterator[date]:
    day = begins_at.astimezone(zone).date()
    last = ends_at.astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
