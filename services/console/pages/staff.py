"""Staff and rooms: what can be booked, when it works, is away, and its licences."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import g, render_template, request

from services.console import filters
from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.hours import DAYS
from services.console.pages.people import names_of
from services.console.pages.site import demand_found, site
from services.console.pages.times import entered
from services.console.visitor import Visitor
from shared import access

KINDS = ("therapist", "prescriber", "monitor", "room", "device")
CODE_OF = {day[:2].upper(): name for day, name in DAYS.items()}
"""What rules call the days of a week."""
AGAIN = {
    "": "Once",
    "FREQ=WEEKLY": "Every week",
    "FREQ=WEEKLY;INTERVAL=2": "Every second week",
    "FREQ=MONTHLY": "Every month",
}
ODD = "Something in it is missing or is no day or time."

_WHERE = "/clinics/<uuid:clinic_id>/staff"
_ONE = f"{_WHERE}/<uuid:resource_id>"


@site.get(_WHERE)
def staff(clinic_id: UUID) -> str:
    """Everybody and everything that can be booked, by kind."""
    return _list(clinic_id)


@site.post(_WHERE)
def add_resource(clinic_id: UUID) -> Any:
    """Somebody or something more can be booked."""
    apis: Apis = g.apis
    said = {name: request.form.get(name, "") for name in ("kind", "name")}
    answer = apis.post("scheduling", "/resources", **said)
    if not answer:
        return _list(clinic_id, answer.detail), 422
    return _back(clinic_id, answer["id"])


@site.get(_ONE)
def resource(clinic_id: UUID, resource_id: UUID) -> str:
    """All that is known of one of them."""
    return _page(clinic_id, resource_id)


@site.post(_ONE)
def change_resource(clinic_id: UUID, resource_id: UUID) -> Any:
    """It is called something else."""
    apis: Apis = g.apis
    found = _found(resource_id)
    name = request.form.get("name", "")
    answer = apis.put(
        "scheduling",
        f"/resources/{resource_id}",
        name=name,
        person_id=found["person_id"],
    )
    return _after(answer, clinic_id, resource_id)


@site.post(f"{_ONE}/retire")
def retire_resource(clinic_id: UUID, resource_id: UUID) -> Any:
    """Nothing more is booked on it."""
    apis: Apis = g.apis
    answer = apis.post("scheduling", f"/resources/{resource_id}/retire")
    return _after(answer, clinic_id, resource_id)


@site.post(f"{_ONE}/shifts")
def add_shift(clinic_id: UUID, resource_id: UUID) -> Any:
    """One more stretch of work in every week, or every few."""
    try:
        shift = _shift(request.form)
    except ValueError:
        return _page(clinic_id, resource_id, ODD), 422
    kept = _found(resource_id)["shifts"] or []
    return _put_roster([*kept, shift], clinic_id, resource_id)


@site.post(f"{_ONE}/shifts/<int:number>/remove")
def remove_shift(clinic_id: UUID, resource_id: UUID, number: int) -> Any:
    """One stretch of work less; the page must have shown it as it is now."""
    found = _found(resource_id)
    if request.form.get("version") != str(found["version"]):
        told = "It has changed since you looked; look again and decide anew."
        return _page(clinic_id, resource_id, told), 409
    kept = list(found["shifts"] or [])
    del kept[number : number + 1]
    return _put_roster(kept or None, clinic_id, resource_id)


@site.post(f"{_ONE}/absences")
def add_absence(clinic_id: UUID, resource_id: UUID) -> Any:
    """Somebody is away."""
    apis: Apis = g.apis
    try:
        said = _absence(request.form)
    except ValueError:
        return _page(clinic_id, resource_id, ODD), 422
    answer = apis.post("scheduling", f"/resources/{resource_id}/absences", **said)
    return _after(answer, clinic_id, resource_id)


@site.post(f"{_ONE}/absences/<uuid:absence_id>/remove")
def remove_absence(clinic_id: UUID, resource_id: UUID, absence_id: UUID) -> Any:
    """Somebody is there after all."""
    apis: Apis = g.apis
    path = f"/resources/{resource_id}/absences/{absence_id}"
    return _after(apis.delete("scheduling", path), clinic_id, resource_id)


@site.post(f"{_ONE}/licences")
def hold_licence(clinic_id: UUID, resource_id: UUID) -> Any:
    """A licence is noted, or renewed."""
    apis: Apis = g.apis
    said = {name: request.form.get(name, "") for name in ("number", "valid_until")}
    code = request.form.get("code", "").strip().lower().replace(" ", "_")
    path = f"/resources/{resource_id}/licences"
    answer = apis.post("scheduling", path, code=code, **said)
    return _after(answer, clinic_id, resource_id)


@site.post(f"{_ONE}/licences/<uuid:licence_id>/remove")
def remove_licence(clinic_id: UUID, resource_id: UUID, licence_id: UUID) -> Any:
    """A licence is not held any more."""
    apis: Apis = g.apis
    path = f"/resources/{resource_id}/licences/{licence_id}"
    return _after(apis.delete("scheduling", path), clinic_id, resource_id)


def rule_in_words(rule: str) -> str:
    """Mon and Wed, every 2 weeks; a rule of another kind as it is."""
    said = dict(part.split("=", 1) for part in rule.split(";") if "=" in part)
    days = said.get("BYDAY", "").split(",")
    if said.pop("FREQ", "") != "WEEKLY" or not CODE_OF.keys() >= set(days):
        return AGAIN.get(rule, rule)
    named = ", ".join(CODE_OF[day] for day in days)
    weeks = said.get("INTERVAL", "1")
    return named if weeks == "1" else f"{named}, every {weeks} weeks"


def _shift(form: Mapping[str, str]) -> dict[str, Any]:
    """A shift as the API takes it.

    Raises:
        ValueError: a time is none, or no day is chosen.
    """
    begins, ends = time.fromisoformat(form["from"]), time.fromisoformat(form["to"])
    day = date.fromisoformat(form["first_day"])
    lasts = datetime.combine(day, ends) - datetime.combine(day, begins)
    if lasts <= timedelta(0):
        lasts += timedelta(days=1)
    days = [code for code in CODE_OF if form.get(code)]
    if not days:
        raise ValueError("no day is chosen")
    weeks = int(form.get("weeks") or 1)
    return {
        "rrule": f"FREQ=WEEKLY;INTERVAL={weeks};BYDAY={','.join(days)}",
        "first_day": day.isoformat(),
        "starts": begins.isoformat("minutes"),
        "minutes": int(lasts.total_seconds() // 60),
    }


def _absence(form: Mapping[str, str]) -> dict[str, Any]:
    """An absence as the API takes it: whole days, unless times are said.

    Raises:
        ValueError: a day or a time is none.
    """
    first, last = form["first_day"], form["last_day"]
    begins, ends = form.get("from", ""), form.get("to", "")
    said: dict[str, Any] = {"first_day": first, "last_day": last}
    if begins or ends:
        said = {
            "begins_at": entered(f"{first}T{begins}"),
            "ends_at": entered(f"{last}T{ends}"),
        }
    rule, until = form.get("again", ""), form.get("until", "")
    if rule and until:
        rule += f";UNTIL={date.fromisoformat(until):%Y%m%d}"
    reason = form.get("reason", "").strip().lower().replace(" ", "_")
    return {**said, "rrule": rule or None, "reason_code": reason}


def _put_roster(shifts: Any, clinic_id: UUID, resource_id: UUID) -> Any:
    apis: Apis = g.apis
    taken = ("rrule", "first_day", "starts", "minutes")
    said = shifts and [{name: one[name] for name in taken} for one in shifts]
    path = f"/resources/{resource_id}/roster"
    return _after(apis.put("scheduling", path, shifts=said), clinic_id, resource_id)


def _found(resource_id: UUID) -> Answer:
    apis: Apis = g.apis
    found = apis.get("scheduling", f"/resources/{resource_id}")
    demand_found(found)
    return found


def _back(clinic_id: UUID, resource_id: UUID) -> Any:
    return record.back("site.resource", clinic_id=clinic_id, resource_id=resource_id)


def _after(answer: Answer, clinic_id: UUID, resource_id: UUID) -> Any:
    if not answer:
        return _page(clinic_id, resource_id, answer.detail), 422
    return _back(clinic_id, resource_id)


def _list(clinic_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    wants_all = request.args.get("retired") == "true"
    found = apis.get("scheduling", "/resources", retired="true" if wants_all else None)
    by_kind = {
        kind: list(rows) for kind, rows in groupby(found, lambda row: row["kind"])
    }
    return render_template(
        "staff.html",
        section="site.board",
        clinic_id=clinic_id,
        found=found,
        kinds=[(kind, by_kind.get(kind, [])) for kind in KINDS],
        wants_all=wants_all,
        manages=visitor.may(access.CLINIC_MANAGE, clinic_id),
        problem=problem,
        away=apis.away,
    )


def _page(clinic_id: UUID, resource_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    found = _found(resource_id)
    booked = apis.get("scheduling", f"/resources/{resource_id}/appointments")
    return render_template(
        "resource.html",
        section="site.board",
        clinic_id=clinic_id,
        own={"clinic_id": clinic_id, "resource_id": resource_id},
        found=found,
        shifts=[
            {
                **shift,
                "words": rule_in_words(shift["rrule"]),
                "ends": _end_of(shift),
            }
            for shift in found["shifts"] or []
        ],
        booked=booked,
        names=names_of(apis, (row["patient_id"] for row in booked)),
        days=CODE_OF,
        again=AGAIN,
        rule_in_words=rule_in_words,
        today=filters.local(filters.now()).date().isoformat(),
        problem=problem,
        away=apis.away,
    )


def _end_of(shift: Mapping[str, Any]) -> str:
    begins = datetime.combine(date.min, time.fromisoformat(shift["starts"]))
    return f"{begins + timedelta(minutes=shift['minutes']):%H:%M}"
