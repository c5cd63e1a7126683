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


@routes.get("/alerts", scope=access.CHART_READ, gives=schemas.AlertsView())
def list_alerts(reading: Reading) -> dict[str, Any]:
    """The clinic's open alerts."""
    return {"items": queries.open_alerts(reading)}


@routes.post(
    "/alerts/<uuid:alert_id>/acknowledge",
    scope=access.VITALS_WRITE,
    takes=schemas.AcknowledgeBody(),
    gives=schemas.AlertView(),
)
def acknowledge_alert(uow: UnitOfWork, body: dict[str, Any], alert_id: UUID) -> Alert:
    """A clinician takes an alert on."""
    return handlers.acknowledge_alert(alert_id, body["note"], uow)
