"""Days that come again by a clinic's calendar: a part of RFC 5545, in bounds."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, Self

from dateutil import rrule

from shared.errors import InvalidError

LONGEST_RULE = 120
MOST_TIMES = 366
MOST_APART = 366
"""A rule that comes again so many days, weeks or months apart, or so many times, is
enough for a clinic; it bounds what reading one costs."""

Frequency = Literal[1, 2, 3]
"""Months, weeks or days, as the library counts them."""

FOR_EVER = 2200
"""From this year on nothing is booked."""

_FREQUENCIES: Mapping[str, Frequency] = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
}
_DAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
_DAY = {str(day): day for day in _DAYS}
_DAY_OF_RULE = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_PARTS = {"FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT"}


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """On which days something comes again, as days of a calendar and never instants.

    Args:
        byday: weekdays; of a month's, perhaps the how many-th.
        until: the last day on which it may come.
        count: how often it comes in all.
    """

    frequency: Frequency
    interval: int = 1
    byday: tuple[rrule.weekday, ...] = ()
    until: date | None = None
    count: int | None = None

    @classmethod
    def read(cls, text: str, *, field: str) -> Self:
        """What a rule such as `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE` says.

        Raises:
            InvalidError: it is no such rule, or one of a kind that is not taken.
        """
        if len(text) > LONGEST_RULE:
            raise InvalidError(f"is longer than {LONGEST_RULE} characters", field=field)
        parts = [part.partition("=") for part in text.upper().split(";")]
        said = {name: value for name, _, value in parts}
        if unknown := said.keys() - _PARTS:
            told = f"{', '.join(sorted(unknown)) or 'this'} cannot be used in a rule"
            raise InvalidError(told, field=field)
        if len(said) < len(parts):
            raise InvalidError("says something twice", field=field)
        if "UNTIL" in said and "COUNT" in said:
            raise InvalidError("has both UNTIL and COUNT", field=field)
        if said.get("FREQ") not in _FREQUENCIES:
            told = "FREQ must be DAILY, WEEKLY or MONTHLY"
            raise InvalidError(told, field=field)
        frequency = _FREQUENCIES[said["FREQ"]]
        return cls(
            frequency=frequency,
            interval=_number(said, "INTERVAL", MOST_APART, field) or 1,
            byday=_byday(said, field, has_places=frequency == rrule.MONTHLY),
            until=_until(said, field),
            count=_number(said, "COUNT", MOST_TIMES, field),
        )

    def last_day(self, first_day: date, *, field: str) -> date | None:
        """The last day it may come on; None if no calendar of ours reaches its end.

        Raises:
            InvalidError: it never comes.
        """
        last = self.until
        if self.count is not None:
            days = list(self._rule(first_day, count=self.count))
            last = days[-1].date() if days else None
            if last is None:
                raise InvalidError("never comes", field=field)
        if last is not None and last < first_day:
            raise InvalidError("ends before it begins", field=field)
        return None if last is None or last.year >= FOR_EVER else last

    def days(self, first_day: date, begins: date, ends: date) -> Iterator[date]:
        """The days it comes on, from one to another and both included.

        Counted from near the beginning, not from the first day: a pattern that is
        years old costs what a new one does. A `count` is for `last_day` to reckon with.
        """
        begins = max(begins, first_day)
        for at in self._rule(self._near(first_day, begins), first_day, until=ends):
            if at.date() >= begins:
                yield at.date()

    def _rule(
        self,
        start: date,
        first_day: date | None = None,
        *,
        count: int | None = None,
        until: date | None = None,
    ) -> rrule.rrule:
        of_month = None
        if self.frequency == rrule.MONTHLY and not self.byday:
            of_month = (first_day or start).day
        return rrule.rrule(
            self.frequency,
            dtstart=datetime.combine(start, time.min),
            interval=self.interval,
            byweekday=self.byday or None,
            bymonthday=of_month,
            count=count,
            until=None if until is None else datetime.combine(until, time.min),
        )

    def _near(self, first_day: date, begins: date) -> date:
        """A day from which counting gives the same days from `begins` on."""
        if self.frequency == rrule.MONTHLY:
            months = (begins.year - first_day.year) * 12 + begins.month
            months = (months - first_day.month) // self.interval * self.interval
            if not months:
                return first_day
            years, month = divmod(first_day.month - 1 + months, 12)
            return date(first_day.year + years, month + 1, 1)
        step = self.interval * (7 if self.frequency == rrule.WEEKLY else 1)
        return first_day + timedelta(days=(begins - first_day).days // step * step)


def _number(said: dict[str, str], name: str, most: int, field: str) -> int | None:
    text = said.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= most:
        raise InvalidError(f"{name} must be between 1 and {most}", field=field)
    return int(text)


def _byday(
    said: dict[str, str], field: str, *, has_places: bool
) -> tuple[rrule.weekday, ...]:
    if "BYDAY" not in said:
        return ()
    found = []
    for text in said["BYDAY"].split(","):
        match = _DAY_OF_RULE.fullmatch(text)
        if match is None or (match[1] and not has_places):
            raise InvalidError(f"BYDAY cannot be {text}", field=field)
        day = _DAY[match[2]]
        found.append(day(int(match[1])) if match[1] else day)
    if len(set(found)) < len(found):
        raise InvalidError("BYDAY says a day twice", field=field)
    return tuple(found)


def _until(said: dict[str, str], field: str) -> date | None:
    text = said.get("UNTIL")
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day only.
    except ValueError as error:
        told = "UNTIL must be a day such as 20261231"
        raise InvalidError(told, field=field) from error
