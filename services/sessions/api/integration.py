"""Routes of integration."""

from typing import Any
from uuid import UUID

from services.sessions.api.base import routes
from services.sessions.commands import SetTask
from services.sessions.domain.integration import Integration, IntegrationTask
from services.sessions.handlers import integration as handlers
from services.sessions.queries import integration as queries
from services.sessions.schemas import integration as schemas
from shared import access
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.post(
    "/integrations/<uuid:integration_id>/complete",
    scope=access.INTEGRATION_WRITE,
    takes=schemas.CompleteIntegrationBody(),
    gives=schemas.IntegrationView(),
)
def complete_integration(
    uow: UnitOfWork, body: dict[str, Any], integration_id: UUID
) -> Integration:
    """The patient integrated the experience with a therapist."""
    return handlers.complete_integration(integration_id, body["note"], uow)


@routes.get(
    "/patients/<uuid:patient_id>/integrations",
    scope=access.CHART_READ,
    gives=schemas.IntegrationsView(),
)
def list_patient_integrations(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """A patient's integrations."""
    return {"items": queries.integrations_of(reading, patient_id)}


@routes.post(
    "/integrations/<uuid:integration_id>/tasks",
    scope=access.INTEGRATION_WRITE,
    takes=schemas.TaskBody(),
    gives=schemas.TaskView(),
    status=201,
)
def set_integration_task(
    uow: UnitOfWork, body: dict[str, Any], integration_id: UUID
) -> IntegrationTask:
    """A therapist gives the patient something small to do."""
    return handlers.set_task(SetTask(integration_id=integration_id, **body), uow)


@routes.post(
    "/integration-tasks/<uuid:task_id>/done",
    scope=access.INTEGRATION_WRITE,
    gives=schemas.TaskView(),
)
def finish_integration_task(uow: UnitOfWork, task_id: UUID) -> IntegrationTask:
    """The patient has done it."""
    return handlers.finish_task(task_id, uow)
