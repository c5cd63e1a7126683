"""When the clinic is open, and the days on which it is closed all the same."""

import re
from typing import Any
from uuid import UUID

from flask import g, render_template, request

from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.site import demand_found, site
from services.console.visitor import Visitor
from shared import access

DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


@site.get("/clinics/<uuid:clinic_id>/hours")
def hours(clinic_id: UUID) -> str:
    """The hours of a week, and what differs from them."""
    return _page(clinic_id)


@site.post("/clinics/<uuid:clinic_id>/hours")
def set_hours(clinic_id: UUID) -> Any:
    """Other hours from now on; none at all is open always."""
    apis: Apis = g.apis
    weekly = {
        day: _windows(said)
        for day in DAYS
        if (said := request.form.get(day, "").strip())
    }
    return _after(apis.put("scheduling", "/hours", weekly=weekly or None), clinic_id)


@site.post("/clinics/<uuid:clinic_id>/closures")
def add_closure(clinic_id: UUID) -> Any:
    """The clinic is closed on some days."""
    apis: Apis = g.apis
    said = {name: request.form.get(name, "") for name in ("first_day", "last_day")}
    reason = request.form.get("reason", "").strip().lower().replace(" ", "_")
    answer = apis.post("scheduling", "/closures", **said, reason_code=reason)
    return _after(answer, clinic_id)


@site.post("/clinics/<uuid:clinic_id>/closures/<uuid:closure_id>/remove")
def remove_closure(clinic_id: UUID, closure_id: UUID) -> Any:
    """The clinic is open after all."""
    apis: Apis = g.apis
    return _after(apis.delete("scheduling", f"/closures/{closure_id}"), clinic_id)


def _windows(said: str) -> list[list[str]]:
    """`08:00-12:00, 13:00-18:00`, as hours are sent."""
    parts = [part for part in re.split(r"[,;]", said) if part.strip()]
    return [[time.strip() for time in re.split(r"[-–]", part)] for part in parts]


def _said(windows: list[list[str]]) -> str:
    """Hours as they are entered."""
    return ", ".join("-".join(window) for window in windows)


def _after(answer: Answer, clinic_id: UUID) -> Any:
    if not answer:
        return _page(clinic_id, answer.detail), 422
    return record.back("site.hours", clinic_id=clinic_id)


def _page(clinic_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    found = apis.get("scheduling", "/hours")
    demand_found(found)
    weekly = found["weekly"] or {}
    return render_template(
        "hours.html",
        section="site.board",
        clinic_id=clinic_id,
        found=found,
        days=[
            (day, name, request.form.get(day) or _said(weekly.get(day, [])))
            for day, name in DAYS.items()
        ],
        links_calendars=visitor.may(access.CALENDARS_MANAGE, clinic_id),
        manages=visitor.may(access.CLINIC_MANAGE, clinic_id),
        problem=problem,
        away=apis.away,
    )
