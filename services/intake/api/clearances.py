"""Routes of medical clearances."""

from typing import Any
from uuid import UUID

from services.intake import handlers
from services.intake.api.base import routes
from services.intake.commands import GrantClearance
from services.intake.domain import Clearance
from services.intake.schemas import clearances
from shared import access
from shared.unit_of_work import UnitOfWork


@routes.post(
    "/episodes/<uuid:episode_id>/clearances",
    scope=access.CLEARANCE_SIGN,
    takes=clearances.ClearanceBody(),
    gives=clearances.ClearanceView(),
    status=201,
)
def grant_clearance(
    uow: UnitOfWork, body: dict[str, Any], episode_id: UUID
) -> Clearance:
    """A prescriber finds the patient fit."""
    return handlers.grant_clearance(GrantClearance(episode_id=episode_id, **body), uow)


@routes.post(
    "/clearances/<uuid:clearance_id>/lapse",
    scope=access.CLEARANCE_SIGN,
    takes=clearances.LapseBody(),
    gives=clearances.ClearanceView(),
)
def lapse_clearance(
    uow: UnitOfWork, body: dict[str, Any], clearance_id: UUID
) -> Clearance:
    """What a clearance rested on has changed: it does not hold any more."""
    return handlers.lapse_clearance(clearance_id, body["cause"], uow)
