"""Routes of alerts."""

from typing import Any
from uuid import UUID

from services.sessions import queries
from services.sessions.api.base import CHART_READERS, routes
from services.sessions.domain.alert import Alert
from services.sessions.handlers import alert as handlers
from services.sessions.schemas import alert as schemas
from shared.context import CLINICAL
from shared.unit_of_work import Reading, UnitOfWork


@routes.get("/alerts", roles=CHART_READERS, gives=schemas.AlertsView())
def list_alerts(reading: Reading) -> dict[str, Any]:
    """The clinic's open alerts."""
    return {"items": queries.open_alerts(reading)}


@routes.post(
    "/alerts/<uuid:alert_id>/acknowledge",
    roles=CLINICAL,
    takes=schemas.AcknowledgeBody(),
    gives=schemas.AlertView(),
)
def acknowledge_alert(uow: UnitOfWork, body: dict[str, Any], alert_id: UUID) -> Alert:
    """A clinician takes an alert on."""
    return handlers.acknowledge_alert(alert_id, body["note"], uow)
