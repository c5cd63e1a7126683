"""When a clinic is open: hours of each weekday, and days on which it is closed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.scheduling.domain.windows import A_DAY, Window, at
from shared.aggregate import Aggregate
from shared.errors import ConflictError, InvalidError
from shared.events.scheduling import ClosureAdded, ClosureRemoved

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_CLOSURE = timedelta(days=366)

Weekly = Mapping[str, Iterable[Sequence[str]]]
"""By weekday, from when to when: `{"mon": [["08:00", "18:00"]]}`."""


class OutsideHoursError(ConflictError):
    """The clinic is not open for all of that time."""

    code = "outside_hours"


class ClosedError(ConflictError):
    """The clinic is closed on that day."""

    code = "closed"


@dataclass(kw_only=True, eq=False)
class Closure(Aggregate):
    """Days on which a clinic is closed, the last one included."""

    first_day: date
    last_day: date
    reason_code: str

    def add(self, zone: ZoneInfo) -> ClosureAdded:
        """It is closed then, by the clock of its zone.

        Raises:
            InvalidError: it ends before it begins, or lasts longer than a year.
        """
        if self.last_day < self.first_day:
            raise InvalidError("is before the first day", field="last_day")
        if self.last_day - self.first_day > LONGEST_CLOSURE:
            raise InvalidError("is more than a year after the first", field="last_day")
        return ClosureAdded(
            closure_id=self.id,
            begins_at=at(self.first_day, time.min, zone),
            ends_at=at(self.last_day + A_DAY, time.min, zone),
        )

    def remove(self) -> ClosureRemoved:
        """It is open after all."""
        return ClosureRemoved(closure_id=self.id)

    def covers(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, kw_only=True)
class Opening:
    """When a clinic is open; without `weekly` always, but for its closures."""

    zone: ZoneInfo
    weekly: Weekly | None
    closures: tuple[Closure, ...] = ()

    def windows(self, day: date) -> Iterator[Window]:
        """From when to when it is open on a day of its calendar."""
        if any(one.covers(day) for one in self.closures):
            return
        if self.weekly is None:
            yield self._at(day, time.min), self._at(day + A_DAY, time.min)
            return
        for opens, closes in self.weekly.get(WEEKDAYS[day.weekday()], ()):
            yield self._at(day, _time(opens)), self._until(day, _time(closes))

    def demand_open(self, starts_at: datetime, ends_at: datetime) -> None:
        """Refuse a time at which it is not open throughout.

        Raises:
            ClosedError: it is closed that day.
            OutsideHoursError: it is not open for all of the time.
        """
        day = starts_at.astimezone(self.zone).date()
        if any(one.covers(day) for one in self.closures):
            raise ClosedError
        if self.weekly is None:
            return
        if not any(
            opens <= starts_at and ends_at <= closes
            for opens, closes in self.windows(day)
        ):
            raise OutsideHoursError

    def _at(self, day: date, local: time) -> datetime:
        return at(day, local, self.zone)

    def _until(self, day: date, local: time) -> datetime:
        """An end at 00:00 is that of the day."""
        return self._at(day + A_DAY if local == time.min else day, local)


def demand_weekly(weekly: Weekly) -> None:
    """Refuse hours that end before they begin, overlap, or are of no day.

    Raises:
        InvalidError: `field` names the day at fault.
    """
    for day, hours in weekly.items():
        if day not in WEEKDAYS:
            raise InvalidError("is no day of the week", field=f"weekly/{day}")
        last = time.min
        for opens, closes in hours:
            begins, ends = _time(opens), _time(closes)
            if begins < last or (ends <= begins and ends != time.min):
                told = "must ascend and not overlap"
                raise InvalidError(told, field=f"weekly/{day}")
            last = time.max if ends == time.min else ends


def _time(text: str) -> time:
    return time.fromisoformat(text)
