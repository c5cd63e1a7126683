"""What a calendar of somebody else says of when its owner is busy, and nothing more."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar

from services.scheduling.domain.course_terms import Span
from services.scheduling.domain.recurring import Rule, RuleNotFollowedError
from shared.errors import InvalidError

MOST_BYTES = 1_048_576
MOST_EVENTS = 5_000
MOST_RECURRING = 300
MOST_SPANS = 5_000
A_DAY = timedelta(days=1)

Event = Any
"""A component of a file: what its properties hold is known when they are read."""


class CalendarUnreadableError(InvalidError):
    """This is no calendar that can be read."""

    code = "calendar_unreadable"

    def __init__(self, told: str | None = None, *, event: int | None = None) -> None:
        details: dict[str, object] = {} if event is None else {"event": event}
        super().__init__(told, field="calendar", details=details)


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """Between which instants it is asked who is busy, and by which clock."""

    begins_at: datetime
    ends_at: datetime
    zone: ZoneInfo

    def instant(self, said: date | datetime) -> datetime:
        """A time of a file; days and times without a zone are by the clinic's clock."""
        if not isinstance(said, datetime):
            said = datetime.combine(said, time.min)
        return said.replace(tzinfo=said.tzinfo or self.zone).astimezone(UTC)

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day that touch it in any zone."""
        return (self.begins_at - A_DAY).date(), (self.ends_at + A_DAY).date()


def busy_times(text: str, horizon: Horizon) -> list[Span]:
    """When the owner of a calendar is busy, as few spans as tell it, in order.

    Events that are cancelled or marked as free are left out.

    Raises:
        CalendarUnreadableError: it is no calendar, too long, or an event makes no
            sense; `event` is its number in the file.
        RuleNotFollowedError: an event recurs by a rule that is not followed.
    """
    if len(text.encode()) > MOST_BYTES:
        raise CalendarUnreadableError("the calendar is longer than 1 MiB")
    events = _events(text)
    moved: set[tuple[str, datetime]] = set()
    found: list[Span] = []
    for number, one in enumerate(events, 1):
        with _told_of(number):
            moved |= _moved(one, horizon)
    for number, one in enumerate(events, 1):
        with _told_of(number):
            found += _spans(one, moved, horizon)
    merged = list(_merged(found))
    if len(merged) > MOST_SPANS:
        raise CalendarUnreadableError("the calendar has too many busy times")
    return merged


@contextmanager
def _told_of(number: int) -> Iterator[None]:
    """Say of which event it is that it cannot be read."""
    try:
        yield
    except RuleNotFollowedError as error:
        error.details["event"] = number
        raise
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as e:
        told = "an event of the calendar makes no sense"
        raise CalendarUnreadableError(told, event=number) from e


def _moved(event: Event, horizon: Horizon) -> set[tuple[str, datetime]]:
    """The occurrence that an event stands in for, if it does."""
    if "RECURRENCE-ID" not in event:
        return set()
    if "RANGE" in event["RECURRENCE-ID"].params:
        raise RuleNotFollowedError
    return {(str(event.get("UID", "")), horizon.instant(event["RECURRENCE-ID"].dt))}


def _events(text: str) -> Sequence[Event]:
    try:
        calendars = Calendar.from_ical(text, multiple=True)
        if not calendars or any(one.name != "VCALENDAR" for one in calendars):
            raise CalendarUnreadableError
        events = [event for one in calendars for event in one.walk("VEVENT")]
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise CalendarUnreadableError from error
    if len(events) > MOST_EVENTS:
        raise CalendarUnreadableError(f"the calendar has over {MOST_EVENTS} events")
    if sum("RRULE" in event for event in events) > MOST_RECURRING:
        told = f"the calendar has over {MOST_RECURRING} events that recur"
        raise CalendarUnreadableError(told)
    return events


def _spans(
    event: Event, moved: set[tuple[str, datetime]], horizon: Horizon
) -> Iterator[Span]:
    is_free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    is_off = str(event.get("STATUS", "")).upper() == "CANCELLED"
    if is_free or is_off:
        return
    starts = event["DTSTART"].dt
    lasts = _lasts(event, starts, horizon)
    left_out = {horizon.instant(one) for one in _dates(event.get("EXDATE"))}
    uid = str(event.get("UID", ""))
    is_override = "RECURRENCE-ID" in event
    for said in _starts(event, starts, horizon):
        at = horizon.instant(said)
        if at in left_out or (not is_override and (uid, at) in moved):
            continue
        until = horizon.instant(said + lasts) if _is_day(said) else at + lasts
        begins, ends = max(at, horizon.begins_at), min(until, horizon.ends_at)
        if begins < ends:
            yield Span(starts_at=begins, ends_at=ends)


def _starts(
    event: Event, starts: date | datetime, horizon: Horizon
) -> Iterator[date | datetime]:
    """Every time an event begins that may reach into the horizon."""
    if "RECURRENCE-ID" in event or not ("RRULE" in event or "RDATE" in event):
        yield starts
        return
    yield from _dates(event.get("RDATE"))
    if "RRULE" not in event:
        yield starts
        return
    if isinstance(event["RRULE"], list):
        raise RuleNotFollowedError
    parts = dict(event["RRULE"])
    until = parts.get("UNTIL")
    last_at = horizon.instant(until[0]) if until else None
    first_day = starts.date() if isinstance(starts, datetime) else starts
    begin, last = horizon.days
    longest = _lasts(event, starts, horizon)
    for day in Rule.of(parts).days(first_day, begin - longest, last):
        said: date | datetime = day
        if isinstance(starts, datetime):
            said = datetime.combine(day, starts.time(), starts.tzinfo)
        if last_at and until and _is_behind(said, until[0], last_at, horizon):
            return
        yield said


def _is_behind(
    said: date | datetime, until: date | datetime, last_at: datetime, horizon: Horizon
) -> bool:
    """Whether a time is behind the end of a rule, which counts itself."""
    if _is_day(until):
        return (said.date() if isinstance(said, datetime) else said) > until
    return horizon.instant(said) > last_at


def _lasts(event: Event, starts: date | datetime, horizon: Horizon) -> timedelta:
    """How long an event lasts; a day if it is one, nothing if it does not say."""
    if "DTEND" in event:
        ends = event["DTEND"].dt
        if _is_day(starts) and _is_day(ends):
            lasts: timedelta = ends - starts
        else:
            lasts = horizon.instant(ends) - horizon.instant(starts)
    elif "DURATION" in event:
        lasts = event["DURATION"].dt
    else:
        lasts = A_DAY if _is_day(starts) else timedelta()
    if not timedelta() <= lasts <= timedelta(days=366):
        raise ValueError("ends before it begins, or a year later")
    return lasts


def _dates(said: Any) -> Iterable[date | datetime]:
    """The times of a property that may be there several times, with several each."""
    if said is None:
        return []
    several = said if isinstance(said, list) else [said]
    return [one.dt for each in several for one in each.dts]


def _is_day(said: date | datetime) -> bool:
    return not isinstance(said, datetime)


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """The same time in as few spans as possible."""
    current: Span | None = None
    for one in sorted(spans, key=lambda each: each.starts_at):
        if current is None or one.starts_at > current.ends_at:
            if current is not None:
                yield current
            current = one
        elif one.ends_at > current.ends_at:
            current = Span(starts_at=current.starts_at, ends_at=one.ends_at)
    if current is not None:
        yield current
