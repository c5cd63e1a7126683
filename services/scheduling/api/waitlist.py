"""Routes of the waitlist."""

from typing import Any
from uuid import UUID

from services.scheduling import queries
from services.scheduling.api.base import routes
from services.scheduling.commands import JoinWaitlist
from services.scheduling.domain import WaitlistEntry
from services.scheduling.handlers import waitlist
from services.scheduling.schemas import waitlist as schemas
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

_entry = schemas.WaitlistEntryView()
_own = "/patients/<uuid:patient_id>/offers"


@routes.post(
    "/waitlist",
    scope=access.WAITLIST,
    takes=schemas.JoinWaitlistBody(),
    gives=_entry,
    status=201,
)
def join_waitlist(uow: UnitOfWork, body: dict[str, Any]) -> WaitlistEntry:
    """A patient would come earlier, at short notice."""
    return waitlist.join_waitlist(JoinWaitlist(**body), uow)


@routes.get("/waitlist", scope=access.WAITLIST, gives=schemas.WaitlistView())
def list_waitlist(reading: Reading) -> dict[str, Any]:
    """Who waits, in order, and what is offered to whom."""
    return {"items": queries.waitlist(reading)}


@routes.post("/waitlist/<uuid:entry_id>/accept", scope=access.WAITLIST, gives=_entry)
def accept_offer(uow: UnitOfWork, entry_id: UUID) -> WaitlistEntry:
    """The patient comes at the time that is offered: it is booked."""
    return waitlist.accept_offer(entry_id, uow)


@routes.post("/waitlist/<uuid:entry_id>/decline", scope=access.WAITLIST, gives=_entry)
def decline_offer(uow: UnitOfWork, entry_id: UUID) -> WaitlistEntry:
    """The patient does not come then: it is offered to the next."""
    return waitlist.decline_offer(entry_id, uow)


@routes.delete("/waitlist/<uuid:entry_id>", scope=access.WAITLIST, gives=_entry)
def leave_waitlist(uow: UnitOfWork, entry_id: UUID) -> WaitlistEntry:
    """The patient does not wait any longer."""
    return waitlist.leave_waitlist(entry_id, uow)


@routes.get(_own, scope=access.OWN_OFFERS, gives=schemas.OwnOffersView())
def list_own_offers(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """The times that are held for the patient who asks, until an answer comes."""
    return {"items": queries.offers_to(reading, patient_id, current_runtime().clock())}


@routes.post(f"{_own}/<uuid:entry_id>/accept", scope=access.OWN_OFFERS, gives=_entry)
def accept_own_offer(
    uow: UnitOfWork, patient_id: UUID, entry_id: UUID
) -> WaitlistEntry:
    """The patient who asks comes at the time that is offered: it is booked."""
    return waitlist.accept_offer(entry_id, uow, of=patient_id)


@routes.post(f"{_own}/<uuid:entry_id>/decline", scope=access.OWN_OFFERS, gives=_entry)
def decline_own_offer(
    uow: UnitOfWork, patient_id: UUID, entry_id: UUID
) -> WaitlistEntry:
    """The patient who asks does not come then: it is offered to the next."""
    return waitlist.decline_offer(entry_id, uow, of=patient_id)
