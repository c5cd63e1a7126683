"""Routes of alerts."""

from typing import Any
from uuid import UUID

from services.sessions import queries
from services.sessions.api.base import routes
from services.sessions.domain.alert import Alert
from services.sessions.handlers import alert as handlers
from services.sessions.schemas import alert as schemas
from shared import access
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.get(
    "/alerts",
    scope=access.CHART_READ,
    query=schemas.AlertsQuery(),
    gives=schemas.AlertsView(),
)
def list_alerts(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """The clinic's open alerts, and those taken on that are not over if asked."""
    return {"items": queries.open_alerts(reading, **query)}


@routes.post(
    "/alerts/<uuid:alert_id>/acknowledge",
    scope=access.VITALS_WRITE,
    takes=schemas.AcknowledgeBody(),
    gives=schemas.AlertView(),
)
def acknowledge_alert(uow: UnitOfWork, body: dict[str, Any], alert_id: UUID) -> Alert:
    """A clinician takes an alert on."""
    return handlers.acknowledge_alert(alert_id, body["note"], uow)


@routes.post(
    "/alerts/<uuid:alert_id>/resolve",
    scope=access.VITALS_WRITE,
    takes=schemas.ResolveBody(),
    gives=schemas.AlertView(),
)
def resolve_alert(uow: UnitOfWork, body: dict[str, Any], alert_id: UUID) -> Alert:
    """A clinician says how an alert ended."""
    return handlers.resolve_alert(alert_id, body["outcome"], body["note"], uow)
