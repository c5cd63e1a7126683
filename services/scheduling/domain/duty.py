"""Whether somebody can be had at a time: absences and licences, beside the shifts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduling.domain.shift import Shift
from services.scheduling.domain.windows import A_DAY, Window, at, joined, without
from shared.errors import ConflictError, InvalidError

LONGEST_ABSENCE = timedelta(days=366)
LONGEST_AGAIN = timedelta(days=31)
MOST_ABSENCES = 100
MOST_LICENCES = 20


class OffDutyError(ConflictError):
    """Somebody or something needed cannot be had for all of that time."""

    code = "off_duty"


class LicenceMissingError(ConflictError):
    """Somebody needed lacks a licence that a dose asks for."""

    code = "licence_missing"


class LicenceExpiredError(ConflictError):
    """A licence that a dose asks for has expired by then."""

    code = "licence_expired"


class TooManyError(ConflictError):
    """There are as many of these already as are kept."""

    code = "too_many"


def first_time(
    *,
    instants: tuple[datetime | None, datetime | None],
    days: tuple[date | None, date | None],
    zone: ZoneInfo,
) -> Window:
    """The first time of an absence: between two instants, or on whole days.

    Raises:
        InvalidError: neither are given, or both.
    """
    (begins_at, ends_at), (first, last) = instants, days
    if begins_at and ends_at and not (first or last):
        return begins_at, ends_at
    if first and last and not (begins_at or ends_at):
        return at(first, time.min, zone), at(last + A_DAY, time.min, zone)
    told = "needs begins_at and ends_at, or first_day and last_day"
    raise InvalidError(told, field="begins_at")


@dataclass(kw_only=True, eq=False)
class Absence:
    """A time at which somebody cannot be had; with a rule it comes again.

    `ends_at` is the end of the first, `over_at` that of the last; None is never.
    """

    id: UUID
    clinic_id: UUID
    resource_id: UUID
    begins_at: datetime
    ends_at: datetime
    reason_code: str
    rrule: str | None = None
    over_at: datetime | None = None

    def settle(self, zone: ZoneInfo) -> None:
        """Reckon when it is over for good.

        Raises:
            InvalidError: it ends before it begins, lasts longer than a year (a month,
                if it comes again), or its rule cannot be used.
        """
        if self.ends_at <= self.begins_at:
            raise InvalidError("is not after the beginning", field="ends_at")
        most = LONGEST_ABSENCE if self.rrule is None else LONGEST_AGAIN
        lasts = self.ends_at - self.begins_at
        if lasts > most:
            raise InvalidError(f"is more than {most.days} days later", field="ends_at")
        self.over_at = self.ends_at
        if self.rrule is not None:
            last = self._again(zone).last_day
            # Perhaps a little later than it is: so it is never left out too early.
            over_on = last and last + 2 * A_DAY
            self.over_at = at(over_on, time.min, zone) + lasts if over_on else None

    def windows(self, zone: ZoneInfo, begins: datetime, ends: datetime) -> list[Window]:
        """Each time of it that has a part in a stretch of time."""
        if self.rrule is not None:
            return self._again(zone).windows(zone, begins, ends)
        return [(self.begins_at, self.ends_at)]

    def _again(self, zone: ZoneInfo) -> Shift:
        first, last = (
            when.astimezone(zone).replace(tzinfo=None)
            for when in (self.begins_at, self.ends_at)
        )
        return Shift.said(
            self.rrule or "",
            first.date(),
            first.time(),
            -((first - last) // timedelta(minutes=1)),
            field="rrule",
        )


@dataclass(kw_only=True, eq=False)
class Licence:
    """Somebody's permission to take part in doses, good until the end of a day."""

    id: UUID
    clinic_id: UUID
    resource_id: UUID
    code: str
    number: str
    valid_until: date


@dataclass(frozen=True, kw_only=True)
class Duty:
    """When one thing or person can be had, as far as it is not taken.

    Args:
        shifts: None is whenever the clinic is open.
        licences: the last day of each that is held, by code.
        required: which of them must hold at a time it is wanted for.
    """

    zone: ZoneInfo
    shifts: Sequence[Shift] | None = None
    absences: Sequence[Absence] = ()
    licences: Mapping[str, date] = field(default_factory=dict)
    required: Sequence[str] = ()

    def windows(self, begins: datetime, ends: datetime) -> list[Window]:
        """When it can be had within a stretch of time, in as long stretches as can be.

        Where the stretch itself begins or ends, nothing is said of the time beyond.
        """
        if any(code not in self.licences for code in self.required):
            return []
        until = min([ends, *map(self._end_of, self.required)])
        here: Iterable[Window] = [(begins, until)]
        if self.shifts is not None:
            here = chain(*(one.windows(self.zone, begins, ends) for one in self.shifts))
        cut = ((max(begins, one[0]), min(until, one[1])) for one in joined(here))
        gone = chain(*(one.windows(self.zone, begins, ends) for one in self.absences))
        return list(without((one for one in cut if one[0] < one[1]), gone))

    def demand_licensed(self, ends_at: datetime, *, field: str) -> None:
        """Refuse a time at which a licence that must hold does not.

        Raises:
            LicenceMissingError, LicenceExpiredError: `field` says whose.
        """
        missing = [code for code in self.required if code not in self.licences]
        if missing:
            raise LicenceMissingError(field=field, details={"licences": missing})
        over = [code for code in self.required if self._end_of(code) < ends_at]
        if over:
            raise LicenceExpiredError(field=field, details={"licences": over})

    def demand_on_duty(
        self, begins_at: datetime, ends_at: datetime, *, field: str
    ) -> None:
        """Refuse a time at which it works or stands ready for a part at most.

        Raises:
            OffDutyError: `field` says whom or what it is about.
        """
        whole = (begins_at, ends_at)
        if replace(self, required=()).windows(begins_at, ends_at) != [whole]:
            raise OffDutyError(field=field)

    def _end_of(self, code: str) -> datetime:
        return at(self.licences[code] + A_DAY, time.min, self.zone)
