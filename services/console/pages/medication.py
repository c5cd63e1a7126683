"""What a patient takes and does not bear, and what the rules say of it."""

from typing import Any
from uuid import UUID

from flask import g, request

from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.site import demand_found, site
from services.console.visitor import Visitor
from shared import access

SOURCES = ("patient", "clinician")


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/medication")
def medication(clinic_id: UUID, patient_id: UUID) -> str:
    """The list, with what speaks against a treatment."""
    return _page(clinic_id, patient_id)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/medication")
def add_medication(clinic_id: UUID, patient_id: UUID) -> Any:
    """A medicine or an allergy is added."""
    apis: Apis = g.apis
    person = record.patient_of(patient_id)
    said = {name: request.form.get(name, "").strip() or None for name in _FIELDS}
    path = f"/episodes/{person['episode_id']}/medication-list"
    return _after(apis.post("intake", path, **said), clinic_id, patient_id)


@site.post(
    "/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/medication/<uuid:entry_id>"
)
def change_medication(clinic_id: UUID, patient_id: UUID, entry_id: UUID) -> Any:
    """A clinician says how it stands with an entry."""
    apis: Apis = g.apis
    status = request.form.get("status", "")
    path = f"/medication-list/{entry_id}/status"
    return _after(apis.post("intake", path, status=status), clinic_id, patient_id)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/medication/reconciled")
def reconcile(clinic_id: UUID, patient_id: UUID) -> Any:
    """Somebody went through the whole list with the patient."""
    apis: Apis = g.apis
    person = record.patient_of(patient_id)
    path = f"/episodes/{person['episode_id']}/reconciliation"
    return _after(apis.post("intake", path), clinic_id, patient_id)


_FIELDS = ("kind", "name", "rxnorm", "detail", "since", "source")


def _after(answer: Answer, clinic_id: UUID, patient_id: UUID) -> Any:
    if not answer:
        return _page(clinic_id, patient_id, answer.detail), 422
    return record.back("site.medication", clinic_id=clinic_id, patient_id=patient_id)


def _page(clinic_id: UUID, patient_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    person = record.patient_of(patient_id)
    found = apis.get("intake", f"/episodes/{person['episode_id']}/medication-list")
    demand_found(found)
    return record.render(
        "medication.html",
        clinic_id,
        person,
        problem,
        listed=found,
        sources=SOURCES,
        writes=visitor.may(access.MEDICATION_WRITE, clinic_id),
    )
