"""One appointment on its day: confirmed, arrived, in the room, called off."""

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

QUESTIONS = {
    "alcohol": "Alcohol since yesterday?",
    "sedative": "Anything to sleep or calm down?",
    "new_medication": "A new medicine?",
}
"""What is answered by yes or no on arriving; food and drink by a time."""

_YES_OR_NO = {"yes": True, "no": False}


@site.get("/clinics/<uuid:clinic_id>/appointments/<uuid:appointment_id>")
def visit(clinic_id: UUID, appointment_id: UUID) -> str:
    """What is known of an appointment, and what can be done with it now."""
    return _page(clinic_id, appointment_id)


@site.post(
    "/clinics/<uuid:clinic_id>/appointments/<uuid:appointment_id>"
    "/<any('confirm', 'arrive', 'room', 'undo', 'cancel', 'no-show'):step>"
)
def take_step(clinic_id: UUID, appointment_id: UUID, step: str) -> Any:
    """The appointment goes a step on, or one back."""
    said = _SAID[step]() if step in _SAID else {}
    path = f"/appointments/{appointment_id}/{step}"
    return _after(g.apis.post("scheduling", path, **said), clinic_id, appointment_id)


@site.post(
    "/clinics/<uuid:clinic_id>/holds/<uuid:appointment_id>"
    "/<any('book', 'give-back'):step>"
)
def end_hold(clinic_id: UUID, appointment_id: UUID, step: str) -> Any:
    """What is held is booked, or given back."""
    apis: Apis = g.apis
    path = f"/holds/{appointment_id}"
    if step == "book":
        answer = apis.post("scheduling", f"{path}/book")
    else:
        answer = apis.delete("scheduling", path)
    return _after(answer, clinic_id, appointment_id)


def _escort() -> dict[str, Any]:
    words = ("escort_name", "escort_phone")
    return {name: request.form.get(name, "").strip() or None for name in words}


def _confirmed() -> dict[str, Any]:
    return {**_escort(), "fasting_told": request.form.get("fasting_told") == "yes"}


def _arrived() -> dict[str, Any]:
    return {
        **_escort(),
        "escort_present": request.form.get("escort_present") == "yes",
        "ate_at": entered(request.form.get("ate_at", "")),
        "drank_at": entered(request.form.get("drank_at", "")),
        **{name: _YES_OR_NO.get(request.form.get(name, "")) for name in QUESTIONS},
    }


def _reason() -> dict[str, Any]:
    reason = request.form.get("reason", "").strip().lower().replace(" ", "_")
    return {"reason_code": reason}


def _cancelled() -> dict[str, Any]:
    return {**_reason(), "by": request.form.get("by", "")}


_SAID: Mapping[str, Callable[[], dict[str, Any]]] = {
    "confirm": _confirmed,
    "arrive": _arrived,
    "undo": _reason,
    "cancel": _cancelled,
}
"""What each step says to the service."""


def _after(answer: Answer, clinic_id: UUID, appointment_id: UUID) -> Any:
    if not answer:
        return _page(clinic_id, appointment_id, answer.detail), 422
    return record.back("site.visit", clinic_id=clinic_id, appointment_id=appointment_id)


def _has_come(appointment: Answer) -> bool:
    """Whether it is the day of an appointment, or later."""
    if not appointment:
        return False
    on = filters.local(appointment["starts_at"]).date()
    return on <= filters.local(filters.now()).date()


def _page(clinic_id: UUID, appointment_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    path = f"/appointments/{appointment_id}"
    found = apis.get("scheduling", path)
    demand_found(found)
    return render_template(
        "visit.html",
        section="site.board",
        clinic_id=clinic_id,
        appointment=found,
        visit=apis.get("scheduling", f"{path}/visit"),
        name=names_of(apis, [found["patient_id"]]).get(found["patient_id"], ""),
        books=visitor.may(access.BOOKINGS_WRITE, clinic_id),
        receives=visitor.may(access.ARRIVALS_WRITE, clinic_id),
        misses=visitor.may(access.NO_SHOWS_WRITE, clinic_id),
        questions=QUESTIONS,
        has_come=_has_come(found),
        said=request.form,
        problem=problem,
        away=apis.away,
    )
