"""An appointment is moved: to one of the times that are free for all it needs."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import g, render_template, request

from services.console import filters
from services.console.apis import Apis
from services.console.pages import record
from services.console.pages.people import names_of
from services.console.pages.site import demand_found, site
from services.console.pages.times import entered

FOR_DAYS = 14
MOST_OFFERED = 60
WHAT = ("room_id", "device_id", "therapist_id", "monitor_id", "prescriber_id")


@site.get("/clinics/<uuid:clinic_id>/appointments/<uuid:appointment_id>/move")
def move(clinic_id: UUID, appointment_id: UUID) -> str:
    """The times an appointment can be moved to, from a day on."""
    return _page(clinic_id, appointment_id)


@site.post("/clinics/<uuid:clinic_id>/appointments/<uuid:appointment_id>/move")
def move_appointment(clinic_id: UUID, appointment_id: UUID) -> Any:
    """It is moved to the time that was chosen."""
    apis: Apis = g.apis
    said = {name: request.form.get(name) or None for name in (*WHAT, "starts_at")}
    answer = apis.post("scheduling", f"/appointments/{appointment_id}/move", **said)
    if not answer:
        return _page(clinic_id, appointment_id, answer.detail), 422
    patient_id = answer["patient_id"]
    return record.back("site.patient", clinic_id=clinic_id, patient_id=patient_id)


def _page(clinic_id: UUID, appointment_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    found = apis.get("scheduling", f"/appointments/{appointment_id}")
    demand_found(found)
    begins_at = entered(request.args.get("on", "") and f"{request.args['on']}T00:00")
    free = apis.get(
        "scheduling",
        "/free-times",
        **{"from": begins_at or datetime.now(UTC).isoformat()},
        patient_id=found["patient_id"],
        type=found["type"],
        mode=found["mode"],
        route=found["route"],
        days=FOR_DAYS,
        limit=MOST_OFFERED,
    )
    days = groupby(free, lambda one: filters.local(one["starts_at"]).date())
    return render_template(
        "move.html",
        section="site.board",
        clinic_id=clinic_id,
        appointment=found,
        name=names_of(apis, [found["patient_id"]]).get(found["patient_id"], ""),
        free=free,
        days=[(day, list(times)) for day, times in days],
        later=(filters.local(filters.now()) + timedelta(days=FOR_DAYS)).date(),
        what=WHAT,
        problem=problem,
        away=apis.away,
    )
