"""What the sessions service tells of its controlled-substance ledger.

Ids, counts and codes: which drug, how much and which lot stay in the ledger.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event


@dataclass(frozen=True, kw_only=True)
class LedgerOpened(Event, name="sessions.ledger.opened", aggregate="ledger"):
    """A clinic keeps its ledger here; from now on no dose is given without it."""

    registration_id: UUID


@dataclass(frozen=True, kw_only=True)
class StockReceived(Event, name="sessions.stock.received", aggregate="container"):
    """A container came in, from a supplier or from another registration."""

    container_id: UUID
    registration_id: UUID
    posting_id: UUID


@dataclass(frozen=True, kw_only=True)
class DoseDrawn(Event, name="sessions.dose.drawn", aggregate="container"):
    """Something was drawn out of a container for a dose."""

    container_id: UUID
    registration_id: UUID
    posting_id: UUID


@dataclass(frozen=True, kw_only=True)
class WasteRecorded(Event, name="sessions.waste.recorded", aggregate="container"):
    """The rest of something drawn was wasted before a witness."""

    container_id: UUID
    registration_id: UUID
    posting_id: UUID


@dataclass(frozen=True, kw_only=True)
class StockDestroyed(Event, name="sessions.stock.destroyed", aggregate="container"):
    """A container was destroyed, or handed over to be."""

    container_id: UUID
    registration_id: UUID
    posting_id: UUID


@dataclass(frozen=True, kw_only=True)
class PostingCorrected(Event, name="sessions.posting.corrected", aggregate="ledger"):
    """What was posted by mistake was reversed, with a reason and a witness."""

    registration_id: UUID
    posting_id: UUID
    reversed_posting_id: UUID


@dataclass(frozen=True, kw_only=True)
class CountRecorded(Event, name="sessions.count.recorded", aggregate="stock_count"):
    """Containers were counted; `variances` of them were not as the ledger says."""

    count_id: UUID
    registration_id: UUID
    moment: Code
    containers: int
    variances: int


@dataclass(frozen=True, kw_only=True)
class DiscrepancyOpened(
    Event, name="sessions.discrepancy.opened", aggregate="discrepancy"
):
    """A container is not as the ledger says; somebody finds out why by `due_at`."""

    case_id: UUID
    container_id: UUID
    cause_code: Code
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class DiscrepancyClosed(
    Event, name="sessions.discrepancy.closed", aggregate="discrepancy"
):
    """It was found out why, before a second person."""

    case_id: UUID
    container_id: UUID
    resolution_code: Code


@dataclass(frozen=True, kw_only=True)
class LossReported(Event, name="sessions.loss.reported", aggregate="discrepancy"):
    """Something was lost or stolen; the authority is told in writing by `due_at`."""

    case_id: UUID
    container_id: UUID
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class LossNoticeFiled(
    Event, name="sessions.loss_notice.filed", aggregate="discrepancy"
):
    """The authority was told of a loss."""

    case_id: UUID
    container_id: UUID


@dataclass(frozen=True, kw_only=True)
class StockTransferred(Event, name="sessions.stock.transferred", aggregate="shipment"):
    """A container was sent to another registration, and is on its way."""

    shipment_id: UUID
    container_id: UUID
    to_clinic_id: UUID


@dataclass(frozen=True, kw_only=True)
class ShipmentAnswered(Event, name="sessions.shipment.answered", aggregate="shipment"):
    """The other registration took what was sent, or sent it back."""

    shipment_id: UUID
    container_id: UUID
    accepted: bool


@dataclass(frozen=True, kw_only=True)
class DeliveryAnnounced(
    Event, name="sessions.delivery.announced", aggregate="delivery"
):
    """Another registration has sent a container; somebody looks and says what came."""

    delivery_id: UUID
    from_clinic_id: UUID
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class DeliveryAnswered(Event, name="sessions.delivery.answered", aggregate="delivery"):
    """A container that was sent was taken, or sent back."""

    delivery_id: UUID
    accepted: bool


@dataclass(frozen=True, kw_only=True)
class LotRecalled(Event, name="sessions.lot.recalled", aggregate="recall"):
    """A lot is not given any more; `affected_count` sessions got some of it."""

    recall_id: UUID
    containers: int
    affected_count: int
