"""What follows a dose: the talk about it, and what the patient does until the next."""

from typing import Any
from uuid import UUID

from flask import g, request

from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.site import demand_found, site
from services.console.visitor import Visitor
from shared import access


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/integrations")
def integrations(clinic_id: UUID, patient_id: UUID) -> str:
    """A patient's integrations, with the tasks of each."""
    return _page(clinic_id, patient_id)


@site.post(
    "/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/integrations/<uuid:integration_id>/complete"
)
def complete_integration(
    clinic_id: UUID, patient_id: UUID, integration_id: UUID
) -> Any:
    """It took place."""
    apis: Apis = g.apis
    note = request.form.get("note", "").strip() or None
    path = f"/integrations/{integration_id}/complete"
    return _after(apis.post("sessions", path, note=note), clinic_id, patient_id)


@site.post(
    "/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/integrations/<uuid:integration_id>/tasks"
)
def set_integration_task(
    clinic_id: UUID, patient_id: UUID, integration_id: UUID
) -> Any:
    """The patient is given something to do."""
    apis: Apis = g.apis
    answer = apis.post(
        "sessions",
        f"/integrations/{integration_id}/tasks",
        text=request.form.get("text", "").strip(),
        due_on=request.form.get("due_on", ""),
    )
    return _after(answer, clinic_id, patient_id)


@site.post(
    "/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/integration-tasks/<uuid:task_id>/done"
)
def finish_integration_task(clinic_id: UUID, patient_id: UUID, task_id: UUID) -> Any:
    """The patient has done it."""
    apis: Apis = g.apis
    answer = apis.post("sessions", f"/integration-tasks/{task_id}/done")
    return _after(answer, clinic_id, patient_id)


def _after(answer: Answer, clinic_id: UUID, patient_id: UUID) -> Any:
    if not answer:
        return _page(clinic_id, patient_id, answer.detail), 422
    return record.back("site.integrations", clinic_id=clinic_id, patient_id=patient_id)


def _page(clinic_id: UUID, patient_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    found = apis.get("sessions", f"/patients/{patient_id}/integrations")
    demand_found(found)
    return record.render(
        "integrations.html",
        clinic_id,
        record.patient_of(patient_id),
        problem,
        found=found,
        typed=request.form,
        overdue=apis.get("sessions", f"/patients/{patient_id}/readiness")["warnings"],
        writes=visitor.may(access.INTEGRATION_WRITE, clinic_id),
    )
