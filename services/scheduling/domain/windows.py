"""Stretches of time: put together, taken away from one another, and by local clocks."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

A_DAY = timedelta(days=1)

Window = tuple[datetime, datetime]


def at(day: date, local: time, zone: ZoneInfo) -> datetime:
    """An instant (UTC), from a day and a time by a zone's clock."""
    return datetime.combine(day, local, zone).astimezone(UTC)


def by_the_clock(begins: datetime, lasts: timedelta, zone: ZoneInfo) -> Window:
    """A stretch that begins and ends by a zone's clock, both times without a zone.

    On a day the clocks change it is longer or shorter: who works from ten to six does.
    """
    first, last = (
        local.replace(tzinfo=zone).astimezone(UTC) for local in (begins, begins + lasts)
    )
    return first, last


def joined(windows: Iterable[Window]) -> list[Window]:
    """The same time in as few stretches as can be, the earliest first."""
    found: list[Window] = []
    for begins, ends in sorted(windows):
        if begins >= ends:
            continue
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


def without(windows: Iterable[Window], gone: Iterable[Window]) -> Iterator[Window]:
    """What is left of stretches when others are taken away."""
    taken = joined(gone)
    for begins, ends in windows:
        for gone_from, gone_until in taken:
            if gone_from < ends and begins < gone_until:
                if begins < gone_from:
                    yield begins, gone_from
                begins = max(begins, gone_until)
        if begins < ends:
            yield begins, ends
