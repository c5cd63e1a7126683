"""Puts the words of a message together; the words themselves are in `texts.toml`."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.notifications.domain.messages import Template


@dataclass(frozen=True, kw_only=True)
class Text:
    """What somebody reads."""

    subject: str
    body: str


def render(
    template: Template, *, starts_at: datetime, time_zone: str, given_name: str | None
) -> Text:
    """A message's words for one patient; without a name it greets nobody by name."""
    words = _texts()[template]
    hello = f"Hello {given_name}," if given_name else "Hello,"
    body = words["body"].format(hello=hello, when=local(starts_at, time_zone))
    return Text(subject=words["subject"], body=body.lstrip())


def local(at: datetime, time_zone: str) -> str:
    """A date and time as the patient's clock shows it, with the zone's abbreviation.

    A zone that is not known is shown in UTC; one without an abbreviation by its offset.
    """
    try:
        there = at.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        there = at.astimezone(UTC)
    zone = there.tzname() or "UTC"
    if not zone.isalpha():
        zone = f"UTC{zone}"
    return f"{there:%A} {there.day} {there:%B %Y}, {there:%H:%M} {zone}"


@cache
def _texts() -> dict[str, dict[str, str]]:
    text = files("services.notifications").joinpath("texts.toml").read_text()
    return tomllib.loads(text)
