"""Routes by which a referrer learns how far a referral has come."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.schemas import people
from shared import access
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.get(
    "/referrals/<uuid:referral_id>",
    scope=access.REFERRALS_TRACK,
    gives=people.ReferralProgressView(),
)
def show_referral(reading: Reading, referral_id: UUID) -> Any:
    """How far a referral has come; to the desk any, to others what they sent."""
    return queries.referral(reading, referral_id)


@routes.post(
    "/referrals/search",
    scope=access.REFERRALS_TRACK,
    takes=people.FindReferralBody(),
    gives=people.ReferralProgressView(),
)
def search_referrals(uow: UnitOfWork, body: dict[str, Any]) -> Any:
    """How far the referral of an identifier has come; addresses name nobody."""
    index = handlers.identifier_index(body["identifier"], uow)
    return queries.referral_at(Reading(uow.connection, uow.context), index)
