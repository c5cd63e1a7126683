"""Outcomes: one patient's charts, the clinic's figures, and the network's."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, g, render_template, request

from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.outcome_chart import chart_of
from services.console.pages.site import demand_found, my_clinics, site
from services.console.visitor import Visitor
from shared import access
from shared.errors import InvalidError, UnavailableError

Row = Mapping[str, Any]

MONTHS = ("first_month", "last_month")
ROUTES = ("iv", "im", "sl", "esketamine_nasal")
COURSES = ("over", "completed", "no_show", "integrated")
"""Figures of courses; the others are of answers."""
ANSWERS = ("measured", "response", "remission", "improved", "deteriorated")


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/outcomes")
def patient_outcomes(clinic_id: UUID, patient_id: UUID) -> str:
    """How a patient's questionnaires went, beside the doses."""
    apis: Apis = g.apis
    person = record.patient_of(patient_id)
    found = apis.get("intake", f"/patients/{patient_id}/outcomes")
    demand_found(found)
    return record.render(
        "outcomes.html",
        clinic_id,
        person,
        found=found,
        episodes=[
            {
                **episode,
                "charts": [
                    chart_of(series, episode["doses"]) for series in episode["series"]
                ],
            }
            for episode in found["episodes"] or []
        ],
    )


@site.get("/clinics/<uuid:clinic_id>/outcomes")
def cohort(clinic_id: UUID) -> str:
    """How the clinic's patients fared, in counts."""
    return _cohort_page(clinic_id)


@site.post("/clinics/<uuid:clinic_id>/outcomes/comparison")
def compare(clinic_id: UUID) -> Any:
    """Have the clinic compared with others of the network, or not any more."""
    apis: Apis = g.apis
    is_compared = request.form.get("is_compared") == "yes"
    answer = apis.put("intake", "/outcomes/comparison", is_compared=is_compared)
    if not answer:
        return _cohort_page(clinic_id, answer.detail), 422
    return record.back("site.cohort", clinic_id=clinic_id)


@site.get("/clinics/<uuid:clinic_id>/outcomes.csv")
def cohort_table(clinic_id: UUID) -> Response:  # noqa: ARG001 - `g.apis` knows it
    """The figures as a table for other programs."""
    return _table("intake", "/outcomes.csv", "outcomes.csv", **_asked("route"))


@site.get("/clinics/<uuid:clinic_id>/outcomes/answers.csv")
def answers_table(clinic_id: UUID) -> Response:  # noqa: ARG001 - `g.apis` knows it
    """What patients answered, under pseudonyms."""
    return _table("intake", "/outcomes/answers.csv", "answers.csv", **_asked())


@site.get("/clinics/<uuid:clinic_id>/outcomes/doses.csv")
def doses_table(clinic_id: UUID) -> Response:  # noqa: ARG001 - `g.apis` knows it
    """What was given, and what it was followed by, in figures."""
    return _table("sessions", "/reports/doses.csv", "doses.csv", **_asked())


@site.get("/outcomes")
def network() -> str:
    """How patients of the clinics that are compared fared, in counts."""
    apis: Apis = g.apis
    year = request.args.get("year") or None
    found = apis.get("intake", "/outcomes/network", year=year)
    demand_found(found)
    names = {str(clinic.id): clinic.name for clinic in my_clinics()}
    return render_template(
        "network_outcomes.html",
        section="site.network",
        found=found,
        year=year or _year(found),
        lines=[_told(line) for line in found["lines"] or []],
        names=names,
        courses=COURSES,
        answers=ANSWERS,
    )


@site.get("/outcomes.csv")
def network_table() -> Response:
    """The same as a table for other programs."""
    year = request.args.get("year") or None
    return _table("intake", "/outcomes/network.csv", "network-outcomes.csv", year=year)


def _cohort_page(clinic_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    asked = _asked("route")
    found = apis.get("intake", "/outcomes", **asked)
    if found.standing != "refused":
        demand_found(found)
    lines = found["lines"] or []
    months = {name: asked[name] for name in MONTHS}
    return render_template(
        "cohort.html",
        doses=apis.get("sessions", "/reports/doses", **months),
        months=months,
        section="site.cohort",
        clinic_id=clinic_id,
        found=found,
        asked=asked,
        line=_told(lines[0]) if lines else None,
        routes=ROUTES,
        courses=COURSES,
        answers=ANSWERS,
        exports=visitor.may(access.OUTCOMES_EXPORT, clinic_id),
        problem=problem or ("" if found else found.detail),
    )


def _asked(*more: str) -> dict[str, str | None]:
    """The months a page is asked for, and what else; nothing of what is empty."""
    names = (*MONTHS, *more)
    return {name: request.args.get(name) or None for name in names}


def _told(line: Row) -> dict[str, Any]:
    """A line with its figures by what they are of."""
    points: dict[tuple[str, str], dict[str, Row]] = {}
    courses: dict[str, Row] = {}
    for figure in line["figures"]:
        if figure["instrument"] is None:
            courses[figure["code"]] = figure
        else:
            key = (figure["instrument"], figure["window"])
            points.setdefault(key, {})[figure["code"]] = figure
    return {**line, "by_code": courses, "points": points}


def _year(found: Answer) -> str:
    return str(found["begins_at"])[:4] if found else ""


def _table(service: str, path: str, name: str, **asked: str | None) -> Response:
    """A service's table, handed on as a file.

    Raises:
        InvalidError: the service refuses what is asked.
        UnavailableError: it does not answer.
    """
    apis: Apis = g.apis
    found = apis.text(service, path, **asked)
    demand_found(found)
    if found.standing == "refused":
        raise InvalidError(found.detail)
    if not found:
        raise UnavailableError(found.detail)
    response = Response(found.data, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
