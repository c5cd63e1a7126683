"""An appointment is moved: a time is chosen, tried, and then taken."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import g, render_template, request

from services.console import filters
from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.people import names_of
from services.console.pages.site import demand_found, site
from shared.errors import InvalidError

FOR_DAYS = 14
MOST_OFFERED = 60
WHAT = ("room_id", "device_id", "therapist_id", "monitor_id", "prescriber_id")


@site.get("/clinics/<uuid:clinic_id>/appointments/<uuid:appointment_id>/move")
def move(clinic_id: UUID, appointment_id: UUID) -> str:
    """The times an appointment can be moved to, and what a chosen one would do."""
    wish = _wish(request.args)
    path = f"/appointments/{appointment_id}/move/preview"
    apis: Apis = g.apis
    tried = apis.post("scheduling", path, **wish) if "starts_at" in wish else None
    return _page(clinic_id, appointment_id, wish, tried)


@site.post("/clinics/<uuid:clinic_id>/appointments/<uuid:appointment_id>/move")
def move_appointment(clinic_id: UUID, appointment_id: UUID) -> Any:
    """It is moved to the time that was chosen."""
    apis: Apis = g.apis
    wish = _wish(request.form)
    answer = apis.post("scheduling", f"/appointments/{appointment_id}/move", **wish)
    if not answer:
        return _page(clinic_id, appointment_id, wish, answer), 422
    if request.form.get("back") == "board":
        on = filters.local(answer["starts_at"]).date()
        return record.back("site.board", clinic_id=clinic_id, date=on)
    patient_id = answer["patient_id"]
    return record.back("site.patient", clinic_id=clinic_id, patient_id=patient_id)


def _wish(said: Mapping[str, str]) -> dict[str, str]:
    """When, and where and with whom, as far as it is to change."""
    wish = {name: said[name] for name in WHAT if said.get(name)}
    if at := _instant(said.get("starts_at", ""), "starts_at"):
        wish["starts_at"] = at
    return wish


def _instant(text: str, field: str) -> str | None:
    """A time as a field or a script gives it; by the clinic's clock unless it says."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=g.place.zone)
        return filters.local(at).isoformat()
    except (ValueError, OverflowError) as error:
        raise InvalidError("that is not a time", field=field) from error


def _page(
    clinic_id: UUID, appointment_id: UUID, wish: Mapping[str, str], tried: Answer | None
) -> str:
    """The page; `tried` is what became of trying the wish, or of taking it."""
    apis: Apis = g.apis
    found = apis.get("scheduling", f"/appointments/{appointment_id}")
    demand_found(found)
    after = _instant(request.args.get("on", ""), "on") or wish.get("starts_at")
    free = apis.get(
        "scheduling",
        "/free-times",
        **{"from": after or filters.now().isoformat()},
        patient_id=found["patient_id"],
        type=found["type"],
        mode=found["mode"],
        route=found["route"],
        days=FOR_DAYS,
        limit=MOST_OFFERED,
    )
    days = groupby(free, lambda one: filters.local(one["starts_at"]).date())
    resources = list(apis.get("scheduling", "/resources"))
    return render_template(
        "move.html",
        section="site.board",
        clinic_id=clinic_id,
        appointment=found,
        name=names_of(apis, [found["patient_id"]]).get(found["patient_id"], ""),
        free=free,
        days=[(day, list(times)) for day, times in days],
        what=WHAT,
        resources=resources,
        called={one["id"]: one["name"] for one in resources},
        wish=wish,
        was_on=filters.local(found["starts_at"]).date(),
        tried=tried,
        refused=_refused(tried),
        returns="board" if request.values.get("back") == "board" else "",
        away=apis.away,
    )


def _refused(tried: Answer | None) -> str:
    """Why a wish cannot be had; nothing if it can, or nothing was wished."""
    if tried is None:
        return ""
    if not tried:
        return tried.detail
    conflict = tried["conflict"]
    return str(conflict["detail"]) if conflict else ""
