"""Times as people enter them: by the clinic's clock."""

from datetime import datetime

from flask import g


def entered(text: str) -> str | None:
    """An instant for an API, from what a date or time field holds; None if nothing.

    A date stands for the end of that day.
    """
    if not text:
        return None
    local = text if "T" in text else f"{text}T23:59"
    return datetime.fromisoformat(local).replace(tzinfo=g.place.zone).isoformat()
