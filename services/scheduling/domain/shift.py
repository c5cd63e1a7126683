"""When somebody works: stretches of the clinic's own time that come again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from services.scheduling.domain.recurrence import Recurrence
from services.scheduling.domain.windows import A_DAY, Window, by_the_clock

MOST_SHIFTS = 14
A_DAYS_MINUTES = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A stretch of local time that comes again on the days of a rule.

    It lasts so many minutes by the clinic's clock; `last_day` is the last on which it
    may begin, None is for ever.
    """

    rrule: str
    first_day: date
    starts: time
    minutes: int
    last_day: date | None = None

    @classmethod
    def said(
        cls, rrule: str, first_day: date, starts: time, minutes: int, *, field: str
    ) -> Self:
        """A shift as somebody says it, who does not name its last day.

        Raises:
            InvalidError: its rule cannot be used, or never comes.
        """
        rule = Recurrence.read(rrule, field=field)
        return cls(
            rrule=rrule,
            first_day=first_day,
            starts=starts,
            minutes=minutes,
            last_day=rule.last_day(first_day, field=field),
        )

    @classmethod
    def kept(cls, row: Mapping[str, Any]) -> Self:
        """A shift as it was kept."""
        last_day = row["last_day"]
        return cls(
            rrule=row["rrule"],
            first_day=date.fromisoformat(row["first_day"]),
            starts=time.fromisoformat(row["starts"]),
            minutes=row["minutes"],
            last_day=date.fromisoformat(last_day) if last_day else None,
        )

    def to_keep(self) -> dict[str, Any]:
        """A shift as it is kept."""
        return {
            "rrule": self.rrule,
            "first_day": self.first_day.isoformat(),
            "starts": self.starts.isoformat("minutes"),
            "minutes": self.minutes,
            "last_day": self.last_day.isoformat() if self.last_day else None,
        }

    def windows(self, zone: ZoneInfo, begins: datetime, ends: datetime) -> list[Window]:
        """Each time it is, of those that have a part in a stretch of time."""
        lasts = timedelta(minutes=self.minutes)
        first = (begins.astimezone(zone) - lasts).date() - A_DAY
        last = ends.astimezone(zone).date()
        if self.last_day is not None:
            last = min(last, self.last_day)
        rule = Recurrence.read(self.rrule, field="rrule")
        times = (
            by_the_clock(datetime.combine(day, self.starts), lasts, zone)
            for day in rule.days(self.first_day, first, last)
        )
        return [one for one in times if one[0] < ends and begins < one[1]]
