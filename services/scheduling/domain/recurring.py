"""On which days something recurs, by the part of RFC 5545's rules that calendars use.

The file comes from somebody else's server. So no rule is followed further than it has
to be: the days that are asked for are reached by reckoning, not by counting up to them.
"""

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from shared.errors import InvalidError

MOST_PERIODS = 5_000
"""A rule that counts its days is followed from its first one, so far at most."""
MOST_INTERVAL = 1_000
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KNOWN = {
    "DAILY": {"BYDAY", "BYMONTH"},
    "WEEKLY": {"BYDAY"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"},
}
_ALWAYS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}
A_DAY = timedelta(days=1)


class RuleNotFollowedError(InvalidError):
    """The calendar has a rule of recurrence that is not followed here."""

    code = "rule_not_followed"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How often something recurs; `by_day` are weekdays with their place, 0 for any."""

    frequency: str
    interval: int = 1
    count: int | None = None
    week_start: int = 0
    by_day: Sequence[tuple[int, int]] = ()
    by_month_day: Sequence[int] = ()
    by_month: Sequence[int] = ()
    by_place: Sequence[int] = ()

    @classmethod
    def of(cls, parts: Mapping[str, Any]) -> "Rule":
        """The rule that a file's RRULE says; its UNTIL is for the caller.

        Raises:
            RuleNotFollowedError: it has a part that is not followed.
        """
        said = {name.upper(): list(value) for name, value in parts.items()}
        frequency = str(said.get("FREQ", [""])[0]).upper()
        known = _KNOWN.get(frequency)
        if known is None or said.keys() - known - _ALWAYS:
            raise RuleNotFollowedError
        rule = cls(
            frequency=frequency,
            interval=int(said.get("INTERVAL", [1])[0]),
            count=int(said["COUNT"][0]) if "COUNT" in said else None,
            week_start=_WEEKDAYS.index(str(said.get("WKST", ["MO"])[0]).upper()),
            by_day=tuple(_weekday(str(one)) for one in said.get("BYDAY", ())),
            by_month_day=tuple(int(one) for one in said.get("BYMONTHDAY", ())),
            by_month=tuple(int(one) for one in said.get("BYMONTH", ())),
            by_place=tuple(int(one) for one in said.get("BYSETPOS", ())),
        )
        is_in_months = frequency == "MONTHLY" or bool(rule.by_month)
        has_places = any(place for place, _ in rule.by_day)
        if (
            not 1 <= rule.interval <= MOST_INTERVAL
            or (rule.count is not None and rule.count < 1)
            or (has_places and frequency in ("DAILY", "WEEKLY"))
            or (frequency == "YEARLY" and rule.by_day and not is_in_months)
        ):
            raise RuleNotFollowedError
        return rule

    def days(self, first: date, begin: date, last: date) -> Iterator[date]:
        """The days from `begin` to `last` on which what began on `first` recurs.

        Raises:
            RuleNotFollowedError: it counts its days and began too long ago.
        """
        number = 0 if self.count else self._before(first, begin)
        found = 0
        while (starts := self._start(first, number)) <= last:
            for day in self._in_period(first, starts):
                if day < first:
                    continue
                found += 1
                if self.count and found > self.count:
                    return
                if begin <= day <= last:
                    yield day
            number += 1
            if number > MOST_PERIODS and self.count:
                raise RuleNotFollowedError

    def _before(self, first: date, begin: date) -> int:
        """A period that ends before a day, or the first."""
        passed = max(0, (begin - first).days)
        longest = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
        return max(0, passed // (longest[self.frequency] * self.interval) - 1)

    def _start(self, first: date, number: int) -> date:
        """The first day of a period; the last day there is, beyond the calendar."""
        step = number * self.interval
        try:
            if self.frequency == "DAILY":
                return first + step * A_DAY
            if self.frequency == "WEEKLY":
                into = (first.weekday() - self.week_start) % 7
                return first + (7 * step - into) * A_DAY
            if self.frequency == "MONTHLY":
                month = first.year * 12 + first.month - 1 + step
                return date(month // 12, month % 12 + 1, 1)
            return date(first.year + step, 1, 1)
        except (ValueError, OverflowError):
            return date.max

    def _in_period(self, first: date, starts: date) -> list[date]:
        if self.frequency == "DAILY":
            days = {day for _, day in self.by_day} or set(range(7))
            fits = not self.by_month or starts.month in self.by_month
            return [starts] if fits and starts.weekday() in days else []
        if self.frequency == "WEEKLY":
            days = {day for _, day in self.by_day} or {first.weekday()}
            week = [starts + n * A_DAY for n in range(7)]
            return [day for day in week if day.weekday() in days]
        months = [starts.month]
        if self.frequency == "YEARLY":
            months = sorted(set(self.by_month)) or [first.month]
        found = [
            day for month in months for day in self._in_month(first, starts.year, month)
        ]
        if not self.by_place:
            return found
        places = {p - 1 if p > 0 else len(found) + p for p in self.by_place}
        return [day for place, day in enumerate(found) if place in places]

    def _in_month(self, first: date, year: int, month: int) -> list[date]:
        last = calendar.monthrange(year, month)[1]
        numbers = set(range(1, last + 1))
        if self.by_month_day:
            numbers &= {n if n > 0 else last + 1 + n for n in self.by_month_day}
        elif not self.by_day:
            numbers &= {first.day}
        month_of = [date(year, month, number) for number in sorted(numbers)]
        return [day for day in month_of if self._is_on(day, last)]

    def _is_on(self, day: date, last: int) -> bool:
        """Whether a day is one of the weekdays, in its place in the month."""
        from_start, from_end = (day.day - 1) // 7 + 1, -((last - day.day) // 7 + 1)
        return not self.by_day or any(
            day.weekday() == weekday and place in (0, from_start, from_end)
            for place, weekday in self.by_day
        )


def _weekday(said: str) -> tuple[int, int]:
    """`2TU` is the second Tuesday, `TU` every one."""
    place, name = said[:-2], said[-2:].upper()
    return int(place or 0), _WEEKDAYS.index(name)
