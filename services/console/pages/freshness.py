"""Pages that keep themselves fresh ask all the time, and mostly nothing is new.

Whether anything was told since, the console's own read model knows; the services are
asked only then, and from time to time in case an event is under way.
"""

from datetime import timedelta
from uuid import UUID

from flask import Response, g, request

from services.console import filters, queries
from services.console.pages.site import read
from services.console.visitor import Visitor

GOOD_FOR = timedelta(seconds=10)
"""How long a page may rest on events alone."""


def mark_of(clinic_id: UUID, session_id: UUID | None = None) -> str:
    """How new a page is that is made now; to be taken before anything is read."""
    with read(clinic_id) as reading:
        told = queries.last_told(reading, session_id=session_id)
    return f"{told}.{filters.epoch(filters.now())}"


def unchanged(mark: str, clinic_id: UUID) -> Response | None:
    """The answer to a page that shows all there is; None if it is to be made anew.

    Whoever may not see care is always sent to the services, which refuse.
    """
    visitor: Visitor = g.visitor
    told, _, made = _seen()
    told_now, _, now = mark.partition(".")
    if told != told_now or not made.isdecimal() or not visitor.sees_care(clinic_id):
        return None
    age = timedelta(milliseconds=int(now) - int(made))
    return Response(status=204) if timedelta(0) <= age < GOOD_FOR else None


def is_told_more(clinic_id: UUID, session_id: UUID) -> bool:
    """Whether something was told of a session since the page was made that asks."""
    return mark_of(clinic_id, session_id).partition(".")[0] != _seen()[0]


def _seen() -> tuple[str, str, str]:
    """What had been told when a page was made, and when that was."""
    return request.args.get("seen", "").partition(".")
