"""Times as people enter them: by the clinic's clock."""

from datetime import datetime

from flask import g

from services.console import filters
from shared.errors import InvalidError


def entered(text: str) -> str | None:
    """An instant for an API, from what a date or time field holds; None if nothing.

    A date stands for the end of that day.
    """
    if not text:
        return None
    local = text if "T" in text else f"{text}T23:59"
    return datetime.fromisoformat(local).replace(tzinfo=g.place.zone).isoformat()


def instant(text: str, field: str) -> str | None:
    """The same of what may come from a link or a script; a date is when it begins.

    Raises:
        InvalidError: it is no time; `field` is where it stood.
    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=g.place.zone)
        return filters.local(at).isoformat()
    except (ValueError, OverflowError) as error:
        raise InvalidError("that is not a time", field=field) from error
