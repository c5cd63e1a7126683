"""The route of readiness."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from services.sessions import queries
from services.sessions.api.base import routes, stale_facts
from services.sessions.queries import integration
from services.sessions.schemas import readiness as schemas
from shared import access
from shared.facts import readiness_view
from shared.http.routes import current_runtime
from shared.reading import Reading


@routes.get(
    "/patients/<uuid:patient_id>/readiness",
    scope=access.READINESS_READ,
    query=schemas.ReadinessQuery(),
    gives=schemas.ReadinessView(),
)
def show_readiness(
    reading: Reading, query: dict[str, Any], patient_id: UUID
) -> dict[str, Any]:
    """Whether a dose may be given, and what speaks against it."""
    now = current_runtime().clock()
    readiness = queries.readiness_of(reading, patient_id, query, now=now)
    view = readiness_view(readiness, gate=query["gate"], at=query["at"] or now)
    warnings = integration.overdue(reading, patient_id, query["at"] or now)
    is_ready = view["ready"] and not any(one["blocks"] for one in warnings)
    return {
        **view,
        "ready": is_ready,
        "stale": [asdict(one) for one in stale_facts(reading, query["gate"])],
        "warnings": warnings,
    }
