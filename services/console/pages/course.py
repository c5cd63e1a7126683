"""A patient's course: planned by a protocol, followed, and placed anew."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import g, request

from services.console import filters
from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.free_times import NAMED
from services.console.pages.hours import DAYS
from services.console.pages.site import site
from services.console.visitor import Visitor
from shared import access
from shared.rulepack import ResourceKind, Route

CHOICE = ("step", "starts_at", *NAMED)
ASKED_FOR = ("protocol", "first_day", "route", "opens", "closes", *NAMED)


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/course")
def course(clinic_id: UUID, patient_id: UUID) -> str:
    """The course under way, or times for one to be."""
    return _page(clinic_id, patient_id)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/course")
def plan_course(clinic_id: UUID, patient_id: UUID) -> Any:
    """A course is planned, and the times that were shown are booked."""
    apis: Apis = g.apis
    said = _asked(request.form)
    is_partial = "partial" in request.form
    answer = apis.post(
        "scheduling",
        f"/patients/{patient_id}/course-plans",
        **said,
        steps=_chosen(),
        partial=is_partial,
    )
    return _after(answer, clinic_id, patient_id)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/course/<uuid:plan_id>")
def change_course(clinic_id: UUID, patient_id: UUID, plan_id: UUID) -> Any:
    """What remains is placed anew or kept; a step is noted or left out; it ends."""
    apis: Apis = g.apis
    form, own = request.form, f"/course-plans/{plan_id}"
    what, step = form.get("what", ""), form.get("code", "")
    if what == "replan":
        answer = apis.post("scheduling", f"{own}/replan", steps=_chosen())
    elif what in ("stop", "keep"):
        reason = form.get("reason", "").strip().lower().replace(" ", "_")
        answer = apis.post("scheduling", f"{own}/{what}", reason_code=reason)
    elif what == "note":
        decision = form.get("decision") or None
        path = f"{own}/steps/{step}/note"
        answer = apis.post("scheduling", path, decision=decision)
    else:
        answer = apis.post("scheduling", f"{own}/steps/{step}/skip")
    return _after(answer, clinic_id, patient_id)


def _chosen() -> list[dict[str, str]]:
    """The times of a preview, as its form sends them."""
    rows = [said.split("|") for said in request.form.getlist("time")]
    return [
        {name: value for name, value in zip(CHOICE, row, strict=False) if value}
        for row in rows
    ]


def _asked(said: Any) -> dict[str, Any]:
    """What is looked for, as its form sends it."""
    wishes = {
        "opens": said.get("opens") or "08:00",
        "closes": said.get("closes") or "18:00",
        "weekdays": [int(day) for day in said.getlist("weekday") if day.isdigit()],
        **{name: said.get(name) or None for name in NAMED},
    }
    return {
        "protocol": said.get("protocol", ""),
        "first_day": said.get("first_day", ""),
        "route": said.get("route") or None,
        "skip": said.getlist("skip"),
        "wishes": wishes,
    }


def _after(answer: Answer, clinic_id: UUID, patient_id: UUID) -> Any:
    if not answer:
        return _page(clinic_id, patient_id, answer.detail), 422
    return record.back("site.course", clinic_id=clinic_id, patient_id=patient_id)


def _page(clinic_id: UUID, patient_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    person = record.patient_of(patient_id)
    plans = apis.get("scheduling", f"/patients/{patient_id}/course-plans")
    active = next((one for one in plans if one["status"] == "active"), None)
    books = visitor.may(access.BOOKINGS_WRITE, clinic_id)
    preview = _preview(apis, patient_id, active) if books else None
    refusal = "" if preview is None or preview else preview.detail
    tomorrow = filters.local(filters.now()).date() + timedelta(days=1)
    return record.render(
        "course.html",
        clinic_id,
        person,
        problem or refusal,
        plans=plans,
        active=active,
        earlier=[one for one in plans if one is not active],
        preview=preview,
        asked=request.values,
        protocols=apis.get("scheduling", "/protocols"),
        resources=apis.get("scheduling", "/resources"),
        weekdays=list(enumerate(DAYS.values())),
        first_day=request.values.get("first_day") or tomorrow.isoformat(),
        books=books,
        notes=visitor.may(access.COURSES_NOTE, clinic_id),
        choice=CHOICE,
        asked_for=ASKED_FOR,
        kinds=list(ResourceKind),
        routes=list(Route),
    )


def _preview(apis: Apis, patient_id: UUID, active: Any) -> Answer | None:
    """Times for what is looked for, or for what remains; None if nothing is asked."""
    if active is not None:
        if "replan" not in request.values:
            return None
        return apis.post("scheduling", f"/course-plans/{active['id']}/replan/preview")
    if not request.values.get("protocol"):
        return None
    path = f"/patients/{patient_id}/course-plans/preview"
    return apis.post("scheduling", path, **_asked(request.values))
