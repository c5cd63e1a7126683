"""An appointment is moved: a time is chosen, tried, and then taken."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import g, render_template, request

from services.console import filters
from services.console.apis import Answer, Apis
from services.console.pages import free_times, record
from services.console.pages.free_times import NAMED
from services.console.pages.people import names_of
from services.console.pages.site import demand_found, site
from services.console.visitor import Visitor
from shared import access


@site.get("/clinics/<uuid:clinic_id>/appointments/<uuid:appointment_id>/move")
def move(clinic_id: UUID, appointment_id: UUID) -> str:
    """The times an appointment can be moved to, and what a chosen one would do."""
    wish = free_times.wished(request.args)
    path = f"/appointments/{appointment_id}/move/preview"
    apis: Apis = g.apis
    tried = apis.post("scheduling", path, **wish) if "starts_at" in wish else None
    return _page(clinic_id, appointment_id, wish, tried)


@site.post("/clinics/<uuid:clinic_id>/appointments/<uuid:appointment_id>/move")
def move_appointment(clinic_id: UUID, appointment_id: UUID) -> Any:
    """It is moved to the time that was chosen; with a reason, where it does not fit."""
    apis: Apis = g.apis
    wish = free_times.wished(request.form)
    path, more = f"/appointments/{appointment_id}/move", {}
    if "overbook_reason" in request.form:
        path = f"{path}/overbook"
        more["overbook_reason"] = request.form["overbook_reason"]
    answer = apis.post("scheduling", path, **wish, **more)
    if not answer:
        return _page(clinic_id, appointment_id, wish, answer), 422
    if request.form.get("back") == "board":
        on = filters.local(answer["starts_at"]).date()
        return record.back("site.board", clinic_id=clinic_id, date=on)
    patient_id = answer["patient_id"]
    return record.back("site.patient", clinic_id=clinic_id, patient_id=patient_id)


def _page(
    clinic_id: UUID, appointment_id: UUID, wish: Mapping[str, str], tried: Answer | None
) -> str:
    """The page; `tried` is what became of trying the wish, or of taking it."""
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    found = apis.get("scheduling", f"/appointments/{appointment_id}")
    demand_found(found)
    looked_for = {name: found[name] for name in ("patient_id", "type", "mode", "route")}
    resources = list(apis.get("scheduling", "/resources"))
    return render_template(
        "move.html",
        section="site.board",
        clinic_id=clinic_id,
        appointment=found,
        name=names_of(apis, [found["patient_id"]]).get(found["patient_id"], ""),
        free=free_times.free_times(apis, wish, **looked_for),
        what=NAMED,
        resources=resources,
        called={one["id"]: one["name"] for one in resources},
        wish=wish,
        was_on=filters.local(found["starts_at"]).date(),
        tried=tried,
        refused=free_times.refused_trial(tried),
        said=request.form,
        overbooks=visitor.may(access.BOOKINGS_OVERBOOK, clinic_id),
        kept={"back": "board"} if request.values.get("back") == "board" else {},
        away=apis.away,
    )
