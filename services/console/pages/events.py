"""What happened in a clinic, and what one request set off."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import g, render_template, request

from services.console import queries
from services.console.pages.site import read, site, wants_fragment
from services.console.visitor import Visitor
from shared.errors import InvalidError, NotFoundError
from shared.events import catalogue

Row = Mapping[str, Any]

PAGE = 50
PRODUCERS = tuple(dict.fromkeys(event.producer for event in catalogue().values()))


@dataclass(kw_only=True)
class Branch:
    """An event, and those it caused."""

    event: Row
    causes: list["Branch"] = field(default_factory=list)


@site.get("/clinics/<uuid:clinic_id>/events")
def events(clinic_id: UUID) -> str:
    """The clinic's events, newest first; the first page asks for itself again."""
    after = asked_event()
    with read(clinic_id) as reading:
        rows = queries.events(
            reading, service=asked_service(), after=after, limit=PAGE + 1
        )
    return render_template(
        "_events.html" if wants_fragment() else "events.html",
        section="site.events",
        clinic_id=clinic_id,
        events=rows[:PAGE],
        has_more=len(rows) > PAGE,
        is_first=after is None,
        service=asked_service(),
        producers=PRODUCERS,
        sees_all=_sees_all(clinic_id),
    )


@site.get("/clinics/<uuid:clinic_id>/events/set-off-by/<uuid:correlation_id>")
def correlation(clinic_id: UUID, correlation_id: UUID) -> str:
    """Everything one request set off, as a tree of what caused what."""
    with read(clinic_id) as reading:
        rows = queries.correlated(reading, correlation_id)
    if not rows:
        raise NotFoundError("nothing was set off by that here")
    return render_template(
        "correlation.html",
        section="site.events",
        clinic_id=clinic_id,
        correlation_id=correlation_id,
        tree=tree(rows),
        count=len(rows),
        sees_all=_sees_all(clinic_id),
    )


def tree(rows: Iterable[Row]) -> list[Branch]:
    """Events under the ones that caused them, given oldest first.

    One whose cause is not shown to this reader, or is a timer, stands by itself.
    """
    roots: list[Branch] = []
    seen: dict[UUID, Branch] = {}
    for row in rows:
        branch = Branch(event=row)
        cause = seen.get(row["causation_id"])
        (cause.causes if cause else roots).append(branch)
        seen[row["event_id"]] = branch
    return roots


def asked_service() -> str | None:
    """The service the list is limited to."""
    asked = request.args.get("service") or None
    return asked if asked in PRODUCERS else None


def asked_event() -> UUID | None:
    """The event the list goes on behind."""
    try:
        asked = request.args.get("after")
        return UUID(asked) if asked else None
    except ValueError as error:
        raise InvalidError("that is not an event's id", field="after") from error


def _sees_all(clinic_id: UUID) -> bool:
    visitor: Visitor = g.visitor
    return queries.sees_all(visitor.actor, clinic_id)
