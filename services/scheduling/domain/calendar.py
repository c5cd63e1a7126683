"""Calendars that programs of others fetch: links to them, and what they say."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from services.scheduling.domain.states import AppointmentStatus
from shared.aggregate import Aggregate
from shared.errors import ConflictError, NotFoundError

MAKER = "-//KAP Network//Scheduling//EN"
SUMMARY = "Appointment"
"""All that a calendar says of an appointment: it is read on other people's servers."""

BEFORE = timedelta(days=30)
AFTER = timedelta(days=180)
"""How far back and ahead a calendar goes. Source: project default."""
CANCELLED_FOR = timedelta(days=90)
"""How long what is not to take place is told of, so that programs take it out."""

OFF = frozenset(
    {
        AppointmentStatus.CANCELLED,
        AppointmentStatus.NO_SHOW,
        AppointmentStatus.RELEASED,
        AppointmentStatus.RESCHEDULED,
    }
)
NOT_SURE = frozenset({AppointmentStatus.HELD, AppointmentStatus.PROVISIONAL})


class CalendarLinkEndedError(ConflictError):
    """The link to the calendar has ended already."""

    code = "calendar_link_ended"


@dataclass(kw_only=True, eq=False)
class CalendarLink(Aggregate):
    """A private link to the calendar of a room or a member of staff.

    `label` says for whom or what it was made; of its code only a digest is kept.
    """

    resource_id: UUID
    digest: str
    label: str
    shows_room: bool
    made_by: UUID
    made_at: datetime
    ended_at: datetime | None = None

    def end(self, *, at: datetime) -> None:
        """It opens nothing any more.

        Raises:
            CalendarLinkEndedError: it has ended before.
        """
        if self.ended_at is not None:
            raise CalendarLinkEndedError
        self.version += 1
        self.ended_at = at

    def demand_good(self, secret: str) -> None:
        """Refuse a code that does not open it.

        Raises:
            NotFoundError: it does not, or the link has ended.
        """
        is_right = hmac.compare_digest(self.digest, digest_of(secret))
        if not is_right or self.ended_at is not None:
            raise NotFoundError("this link does not open")


def digest_of(secret: str) -> str:
    """What is kept of a code. It is long and random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An appointment as a calendar of others may know it; `room` only if it may."""

    id: UUID
    version: int
    status: AppointmentStatus
    starts_at: datetime
    ends_at: datetime
    room: str | None = None


def mark_of(entries: Iterable[Entry]) -> str:
    """What changes when a calendar says something else."""
    said = hashlib.sha256()
    for one in entries:
        said.update(f"{one.id} {one.version} {one.status} {one.room}\n".encode())
    return said.hexdigest()[:32]


def written(entries: Iterable[Entry], zone: ZoneInfo, now: datetime) -> bytes:
    """Appointments as an iCalendar file, by the clinic's clock.

    Source: RFC 5545.
    """
    calendar = Calendar.new(prodid=MAKER, method="PUBLISH")
    for one in entries:
        event = Event.new(
            uid=str(one.id),
            stamp=now,
            start=one.starts_at.astimezone(zone),
            end=one.ends_at.astimezone(zone),
            summary=SUMMARY,
            sequence=one.version,
            location=one.room,
        )
        event.add("status", _said(one.status))
        calendar.add_component(event)
    first, last = _days(now, zone)
    calendar.add_missing_timezones(first, last)
    text: bytes = calendar.to_ical()
    return text


def _said(status: AppointmentStatus) -> str:
    """How sure it is that an appointment takes place, in the words of RFC 5545."""
    if status in OFF:
        return "CANCELLED"
    return "TENTATIVE" if status in NOT_SURE else "CONFIRMED"


def _days(now: datetime, zone: ZoneInfo) -> tuple[date, date]:
    local = now.astimezone(zone).date()
    return local - CANCELLED_FOR, local + AFTER + timedelta(days=366)
