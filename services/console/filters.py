"""How values are written on pages: times by the clinic's clock, ids cut short."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import g

from services.console import wording
from shared.http.routes import current_runtime

DASH = "–"


def instant(value: datetime | str) -> datetime:
    """An instant, from an API or from the database."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def local(value: datetime | str) -> datetime:
    """An instant by the clock of the page's clinic; UTC where there is none."""
    place = g.get("place")
    return instant(value).astimezone(place.zone if place else UTC)


def clock(value: datetime | str | None) -> str:
    """09:05"""
    return f"{local(value):%H:%M}" if value else DASH


def day(value: datetime | date | str | None) -> str:
    """Mon 2 Mar 2026"""
    if not value:
        return DASH
    if isinstance(value, str) and len(value) == len("2026-03-02"):
        value = date.fromisoformat(value)
    if isinstance(value, datetime) or not isinstance(value, date):
        value = local(value).date()
    return f"{value:%a} {value.day} {value:%b %Y}"


def weekday(value: datetime | str) -> str:
    """Mon 2 Mar, with the year if it is another one"""
    at = local(value)
    year = "" if at.year == local(now()).year else f" {at.year}"
    return f"{at:%a} {at.day} {at:%b}{year}"


def zone_name(value: datetime | str) -> str:
    """What the clinic's clock is called at that moment: CST, or CDT in summer."""
    return f"{local(value):%Z}"


def moment(value: datetime | str | None) -> str:
    """Mon 2 Mar, 09:05"""
    if not value:
        return DASH
    return f"{weekday(value)}, {clock(value)}"


def date_of(value: str | None) -> str:
    """14 May 1988, from a calendar date"""
    if not value:
        return DASH
    found = date.fromisoformat(value)
    return f"{found.day} {found:%b %Y}"


def local_date(value: datetime | str) -> str:
    """2026-03-02, by the clinic's clock"""
    return local(value).date().isoformat()


def field_time(value: datetime | str | None) -> str:
    """2026-03-02T09:05 by the clinic's clock, as a field for a time holds it"""
    return f"{local(value):%Y-%m-%dT%H:%M}" if value else ""


def iso(value: datetime | str) -> str:
    """For `<time datetime>`."""
    return instant(value).astimezone(UTC).isoformat()


def since(value: datetime | str | None) -> str:
    """12 min ago, or in 3 h"""
    if not value:
        return DASH
    seconds = (now() - instant(value)).total_seconds()
    told = span(abs(seconds))
    if abs(seconds) < 60:
        return "now"
    return f"{told} ago" if seconds > 0 else f"in {told}"


def seconds(value: datetime | str) -> str:
    """:07, behind a time by the minute"""
    return f":{local(value):%S}"


def due(value: datetime | str) -> str:
    """in 3 h, or 12 min over"""
    left = (instant(value) - now()).total_seconds()
    told = span(abs(left))
    return f"in {told}" if left >= 0 else f"{told} over"


def stay(value: datetime | str) -> str:
    """in 32 min, or now once that is over"""
    left = (instant(value) - now()).total_seconds()
    return f"in {span(left)}" if left > 0 else "now"


def is_past(value: datetime | str) -> bool:
    """Whether an instant is over."""
    return instant(value) <= now()


def count_up(value: datetime | str) -> str:
    """1:02:33 since then, as a clock that runs"""
    total = max(0, int((now() - instant(value)).total_seconds()))
    hours, rest = divmod(total, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes:02}:{left:02}"


def span(seconds: float | timedelta) -> str:
    """3 h 20 min"""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{int(seconds)} s"
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def epoch(value: datetime | str) -> int:
    """Milliseconds, for scripts."""
    return int(instant(value).timestamp() * 1000)


def short(value: UUID | str | None) -> str:
    """The last digits of an id: the first ones of ids made together are alike."""
    return str(value)[-6:] if value else DASH


def initials(name: str | None) -> str:
    """Of a name, at most two."""
    parts = (name or "").split()
    return "".join(part[0] for part in (parts[:1] + parts[-1:])[: len(parts)]).upper()


def trace_id(traceparent: str | None) -> str:
    """The trace's id out of a W3C trace context."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) == 4 else ""


def number(value: float | None) -> str:
    """Without needless zeros."""
    return DASH if value is None else f"{value:g}"


def signed(value: float | None) -> str:
    """A change, with its sign."""
    if value is None:
        return DASH
    return "±0" if value == 0 else f"{value:+g}".replace("-", "−")


def sentence(text: object) -> str:
    """A code as the beginning of a line."""
    said = wording.words(text)
    return said[:1].upper() + said[1:]


def pretty(value: Any) -> str:
    """JSON for people."""
    return json.dumps(value, indent=2, sort_keys=True)


def now() -> datetime:
    """This moment, by the service's clock."""
    return current_runtime().clock()


FILTERS = {
    "clock": clock,
    "day": day,
    "weekday": weekday,
    "zone_name": zone_name,
    "moment": moment,
    "date_of": date_of,
    "local_date": local_date,
    "field_time": field_time,
    "iso": iso,
    "since": since,
    "seconds": seconds,
    "due": due,
    "stay": stay,
    "is_past": is_past,
    "count_up": count_up,
    "epoch": epoch,
    "short": short,
    "initials": initials,
    "trace_id": trace_id,
    "number": number,
    "signed": signed,
    "sentence": sentence,
    "pretty": pretty,
    "words": wording.words,
    "mark": wording.mark,
}
