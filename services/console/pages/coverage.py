"""Who pays for an episode, and how much of it is left."""

from typing import Any
from uuid import UUID

from flask import g, request

from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.site import demand_found, site
from services.console.pages.times import entered


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/coverage")
def coverage(clinic_id: UUID, patient_id: UUID) -> str:
    """Who pays and paid."""
    return _page(clinic_id, patient_id)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/coverage")
def confirm_coverage(clinic_id: UUID, patient_id: UUID) -> Any:
    """Somebody will pay; what paid before is replaced."""
    apis: Apis = g.apis
    person, form = record.patient_of(patient_id), request.form
    words = ("insurer", "member_number", "authorisation_number")
    units = form.get("units_granted", "").strip()
    answer = apis.post(
        "intake",
        f"/episodes/{person['episode_id']}/coverages",
        payer=form.get("payer", ""),
        **{name: form.get(name, "").strip() or None for name in words},
        units_granted=int(units) if units.isdecimal() else None,
        valid_until=entered(form.get("valid_until", "")),
        agreement_signed=form.get("agreement_signed") == "yes",
    )
    return _after(answer, clinic_id, patient_id)


@site.post(
    "/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>"
    "/coverage/<uuid:coverage_id>/<any(check, end):what>"
)
def change_coverage(
    clinic_id: UUID, patient_id: UUID, coverage_id: UUID, what: str
) -> Any:
    """An insurer was asked, or what paid has come to its end."""
    apis: Apis = g.apis
    said = {"outcome": request.form.get("outcome", "")} if what == "check" else {}
    answer = apis.post("intake", f"/coverages/{coverage_id}/{what}", **said)
    return _after(answer, clinic_id, patient_id)


def _after(answer: Answer, clinic_id: UUID, patient_id: UUID) -> Any:
    if not answer:
        return _page(clinic_id, patient_id, answer.detail), 422
    return record.back("site.coverage", clinic_id=clinic_id, patient_id=patient_id)


def _page(clinic_id: UUID, patient_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    person = record.patient_of(patient_id)
    found = apis.get("intake", f"/episodes/{person['episode_id']}/coverages")
    demand_found(found)
    return record.render("coverage.html", clinic_id, person, problem, coverages=found)
