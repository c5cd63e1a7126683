"""Free times: found in one pass over what is taken, whatever the clocks do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduling.domain.clinic import ResourceKind
from services.scheduling.domain.hours import Opening

STEP = timedelta(minutes=15)
"""Appointments are offered at quarters of an hour. Source: project default."""


@dataclass(frozen=True)
class Busy:
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
    """

    begins_at: datetime
    ends_at: datetime
    duration: timedelta
    opening: Opening
    opens: time
    closes: time
    weekdays: frozenset[int] = frozenset()


def offers(
    wish: Wish,
    kinds: Mapping[ResourceKind, Sequence[UUID]],
    patient_id: UUID,
    taken: Iterable[Busy],
) -> Iterator[Offer]:
    """Free times, the earliest first.

    Time is a row of bits, one for each step of the horizon; a resource's busy times
    are bits that are set, so that a day of a hundred appointments costs what an empty
    one costs.

    Args:
        kinds: what can be booked of each kind that is needed.
        taken: what is taken within the horizon, of any of them or of the patient.
    """
    origin = _floored(wish.begins_at)
    steps = -(-(wish.ends_at - origin) // STEP)
    needed = -(-wish.duration // STEP)
    if steps < needed or not all(kinds.values()):
        return
    busy: dict[UUID, int] = {}
    for one in taken:
        busy[one.who] = busy.get(one.who, 0) | _bits(one, origin, steps)
    everything = (1 << steps) - 1
    begins = {
        kind: {who: _starts(~busy.get(who, 0) & everything, needed) for who in whos}
        for kind, whos in kinds.items()
    }
    free = _starts(~busy.get(patient_id, 0) & everything, needed)
    free &= _allowed(wish, origin, steps)
    for each in begins.values():
        free &= _any(each.values())
    while free:
        lowest = free & -free
        free ^= lowest
        starts_at = origin + (lowest.bit_length() - 1) * STEP
        yield Offer(
            starts_at=starts_at,
            ends_at=starts_at + wish.duration,
            resources={
                kind: next(who for who, bits in each.items() if bits & lowest)
                for kind, each in begins.items()
            },
        )


def _floored(at: datetime) -> datetime:
    """The next step, or this one."""
    whole = at.replace(minute=0, second=0, microsecond=0)
    return whole + -(-(at - whole) // STEP) * STEP


def _bits(busy: Busy, origin: datetime, steps: int) -> int:
    """The steps that a busy time touches, if only for a moment."""
    first = max(0, (busy.starts_at - origin) // STEP)
    behind = min(steps, -(-(busy.ends_at - origin) // STEP))
    return ((1 << (behind - first)) - 1) << first if behind > first else 0


def _starts(free: int, needed: int) -> int:
    """Steps from which so many in a row are free; halving, not step by step."""
    have = 1
    while have < needed:
        more = min(have, needed - have)
        free &= free >> more
        have += more
    return free


def _any(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _allowed(wish: Wish, origin: datetime, steps: int) -> int:
    """Steps at which an appointment may begin, by the clinic's clock and calendar."""
    allowed, zone = 0, wish.opening.zone
    for day in _days(origin, origin + steps * STEP, zone):
        if wish.weekdays and day.weekday() not in wish.weekdays:
            continue
        earliest, latest = (
            datetime.combine(day, local, zone).astimezone(UTC)
            for local in (wish.opens, wish.closes)
        )
        for opens, closes in wish.opening.windows(day):
            begins, last = max(opens, earliest), min(closes, latest) - wish.duration
            first = max(0, -((origin - begins) // STEP))
            behind = min(steps, (last - origin) // STEP + 1)
            if behind > first:
                allowed |= ((1 << (behind - first)) - 1) << first
    return allowed


def _days(begins_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Iterator[date]:
    day = begins_at.astimezone(zone).date()
    last = ends_at.astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
