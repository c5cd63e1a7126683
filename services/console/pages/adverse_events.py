"""Adverse events: to be confirmed, described, corrected, reviewed, reported."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import g, render_template, request

from services.console import filters
from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.people import names_of
from services.console.pages.site import demand_found, site
from services.console.pages.times import entered
from services.console.visitor import Visitor
from shared import access
from shared.errors import NotFoundError

Row = Mapping[str, Any]

GRADES = {
    1: "mild",
    2: "moderate",
    3: "severe",
    4: "life-threatening",
    5: "death",
}
CRITERIA = (
    "death",
    "life_threatening",
    "hospitalisation",
    "disability",
    "birth_defect",
    "important_medical_event",
)
CHOICES = {
    "relatedness": ("unrelated", "unlikely", "possible", "probable", "definite"),
    "action": ("none", "delayed", "paused", "reduced", "stopped"),
    "outcome": (
        "recovered",
        "recovering",
        "not_recovered",
        "with_sequelae",
        "fatal",
        "unknown",
    ),
    "reporter": ("clinician", "patient", "escort", "other"),
}
LABELS = {
    "relatedness": "Caused by the dose?",
    "action": "What was done with the dose",
    "outcome": "How it ended",
    "reporter": "Who told of it first",
}
CONCLUSIONS = {
    "continue": "Treatment goes on as planned",
    "adjust": "Treatment goes on, changed",
    "stop": "No further dose",
}
AUTHORITIES = {"rems": "REMS", "medwatch": "MedWatch", "state": "State authority"}


@site.get("/clinics/<uuid:clinic_id>/adverse-events")
def adverse_events(clinic_id: UUID) -> str:
    """What waits for somebody, in the whole clinic."""
    apis: Apis = g.apis
    found = apis.get("sessions", "/adverse-events")
    demand_found(found)
    return render_template(
        "adverse_events.html",
        section="site.sessions",
        clinic_id=clinic_id,
        found=found,
        names=names_of(apis, (row["patient_id"] for row in found)),
    )


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/adverse-events")
def session_adverse_events(clinic_id: UUID, session_id: UUID) -> str:
    """Those of a session, and a form for another."""
    return _of_session(clinic_id, session_id)


@site.post("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/adverse-events")
def add_adverse_event(clinic_id: UUID, session_id: UUID) -> Any:
    """It happened."""
    apis: Apis = g.apis
    said = _said()
    answer = apis.post("sessions", f"/sessions/{session_id}/adverse-events", **said)
    if not answer:
        return _of_session(clinic_id, session_id, answer, said), 422
    return _to(clinic_id, answer["id"])


@site.get("/clinics/<uuid:clinic_id>/adverse-events/<uuid:event_id>")
def adverse_event(clinic_id: UUID, event_id: UUID) -> str:
    """One, with everything that was ever recorded of it."""
    return _one(clinic_id, event_id)


@site.post("/clinics/<uuid:clinic_id>/adverse-events/<uuid:event_id>/<what>")
def change_adverse_event(clinic_id: UUID, event_id: UUID, what: str) -> Any:
    """Confirm, dismiss, correct, review it, or note a report."""
    apis: Apis = g.apis
    if what not in _BODIES:
        raise NotFoundError
    said = _BODIES[what]()
    answer = apis.post("sessions", f"/adverse-events/{event_id}/{what}", **said)
    if not answer:
        return _one(clinic_id, event_id, answer, said), 422
    return _to(clinic_id, event_id)


def _said() -> dict[str, Any]:
    """What happened, as the form says it; the service says what is missing."""
    form = request.form
    return {
        "term": form.get("term", ""),
        "grade": form.get("grade", 0, type=int),
        "seriousness": form.getlist("seriousness"),
        "onset_at": entered(form.get("onset_at", "")),
        "ended_at": entered(form.get("ended_at", "")),
        "treatment": form.get("treatment", "").strip() or None,
        **{name: form.get(name, "") for name in CHOICES},
    }


def _only(*names: str) -> dict[str, Any]:
    return {name: request.form.get(name, "").strip() for name in names}


_BODIES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "confirm": _said,
    "correct": lambda: {**_said(), **_only("reason")},
    "dismiss": lambda: _only("reason"),
    "review": lambda: _only("conclusion", "note"),
    "reports": lambda: _only("authority", "filed_on"),
}


def _to(clinic_id: UUID, event_id: UUID | str) -> Any:
    return record.back("site.adverse_event", clinic_id=clinic_id, event_id=event_id)


def _of_session(
    clinic_id: UUID,
    session_id: UUID,
    refused: Answer | None = None,
    typed: Row | None = None,
) -> str:
    apis: Apis = g.apis
    session = apis.get("sessions", f"/sessions/{session_id}")
    demand_found(session)
    return _render(
        "session_adverse_events.html",
        clinic_id,
        session["patient_id"],
        refused,
        session_id=session_id,
        session=session,
        found=apis.get("sessions", f"/sessions/{session_id}/adverse-events"),
        typed=typed or {},
    )


def _one(
    clinic_id: UUID,
    event_id: UUID,
    refused: Answer | None = None,
    typed: Row | None = None,
) -> str:
    apis: Apis = g.apis
    event = apis.get("sessions", f"/adverse-events/{event_id}")
    demand_found(event)
    return _render(
        "adverse_event.html",
        clinic_id,
        event["patient_id"],
        refused,
        event=event,
        typed=typed or event["details"] or {"term": event["term"]},
        sent=typed or {},
    )


def _render(
    template: str,
    clinic_id: UUID,
    patient_id: str,
    refused: Answer | None,
    **more: Any,
) -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    return record.render(
        template,
        clinic_id,
        record.patient_of(UUID(patient_id)),
        refused.detail if refused is not None else "",
        faults=refused.faults if refused is not None else {},
        terms=list(apis.get("sessions", "/adverse-event-terms")),
        grades=GRADES,
        criteria=CRITERIA,
        choices=CHOICES,
        labels=LABELS,
        conclusions=CONCLUSIONS,
        authorities=AUTHORITIES,
        today=filters.local_date(filters.now()),
        writes=visitor.may(access.ADVERSE_EVENTS_WRITE, clinic_id),
        reviews=visitor.may(access.ADVERSE_EVENTS_REVIEW, clinic_id),
        **more,
    )
