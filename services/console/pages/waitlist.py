"""Who waits for an earlier time, and what is offered to whom."""

from typing import Any
from uuid import UUID

from flask import g, render_template, request

from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.people import names_of
from services.console.pages.site import demand_found, site
from shared.errors import InvalidError

TYPES = ("dosing", "preparation", "integration")
ROUTES = ("iv", "im", "sl", "esketamine_nasal")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@site.get("/clinics/<uuid:clinic_id>/waitlist")
def waitlist(clinic_id: UUID) -> str:
    """Who waits, in order."""
    return _page(clinic_id)


@site.post("/clinics/<uuid:clinic_id>/waitlist")
def join_waitlist(clinic_id: UUID) -> Any:
    """A patient waits for an earlier time."""
    apis: Apis = g.apis
    form = request.form
    words = ("route", "opens", "closes", "earliest_day")
    answer = apis.post(
        "scheduling",
        "/waitlist",
        patient_id=form.get("patient_id", ""),
        type=form.get("type", ""),
        weekdays=[int(day) for day in form.getlist("weekdays") if day.isdecimal()],
        notice_hours=_whole(form.get("notice_hours", "")),
        **{name: form[name] for name in words if form.get(name)},
    )
    return _after(answer, clinic_id)


@site.post(
    "/clinics/<uuid:clinic_id>/waitlist/<uuid:entry_id>"
    "/<any('accept', 'decline', 'leave'):step>"
)
def answer_offer(clinic_id: UUID, entry_id: UUID, step: str) -> Any:
    """A patient takes what is offered, does not, or waits no longer."""
    apis: Apis = g.apis
    path = f"/waitlist/{entry_id}"
    if step == "leave":
        answer = apis.delete("scheduling", path)
    else:
        answer = apis.post("scheduling", f"{path}/{step}")
    return _after(answer, clinic_id)


def _whole(text: str) -> int:
    if text and not text.isdecimal():
        raise InvalidError("that is not a number of hours", field="notice_hours")
    return int(text or 0)


def _after(answer: Answer, clinic_id: UUID) -> Any:
    if not answer:
        return _page(clinic_id, answer.detail), 422
    return record.back("site.waitlist", clinic_id=clinic_id)


def _page(clinic_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    found = apis.get("scheduling", "/waitlist")
    demand_found(found)
    asked = request.values.get("patient_id", "")
    concerned = [row["patient_id"] for row in found]
    names = names_of(apis, [*concerned, asked] if asked else concerned)
    return render_template(
        "waitlist.html",
        section="site.board",
        clinic_id=clinic_id,
        found=found,
        names=names,
        choices=sorted(names.items(), key=lambda one: one[1]),
        asked=asked,
        types=TYPES,
        routes=ROUTES,
        weekdays=WEEKDAYS,
        said=request.form,
        problem=problem,
        away=apis.away,
    )
