"""What may be asked of the controlled-substance ledger."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.sessions.domain.ledger.states import (
    Cause,
    DestructionMethod,
    Moment,
    Origin,
    Resolution,
    Schedule,
)
from services.sessions.domain.ledger.transfer import Goods
from services.sessions.domain.order import Drug
from shared.rulepack import Form


@dataclass(frozen=True, kw_only=True)
class OpenLedger:
    """The clinic keeps its ledger here, under its registration."""

    number: str
    schedule: Schedule


@dataclass(frozen=True, kw_only=True)
class ReceiveStock:
    """A container came in; without an invoice only what was there before the ledger.

    `amount_mg` is what is left of a container that was opened before the ledger.
    """

    drug: Drug
    form: Form
    lot: str
    strength_mg: Decimal
    content_mg: Decimal
    expires_on: date
    supplier: str
    origin: Origin = Origin.SUPPLIER
    amount_mg: Decimal | None = None
    supplier_number: str | None = None
    invoice: str | None = None
    ndc: str | None = None


@dataclass(frozen=True, kw_only=True)
class DrawFrom:
    """So much was drawn out of a container; the note explains overfill."""

    container_id: UUID
    drawn_mg: Decimal
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class CountLine:
    """What was counted in one container; the note explains a small variance."""

    container_id: UUID
    counted_mg: Decimal
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class CountStock:
    """What is in the cabinet was counted."""

    moment: Moment
    lines: tuple[CountLine, ...]


@dataclass(frozen=True, kw_only=True)
class WasteStock:
    """The rest of an opened container was wasted: all of it, if no amount is said."""

    container_id: UUID
    reason: str
    witness_code: str
    wasted_mg: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class DestroyStock:
    """A container was destroyed before two witnesses, or handed over to be."""

    container_id: UUID
    how: DestructionMethod
    form_reference: str
    witness_codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReportContainer:
    """Something is wrong with a container; what is still in it was counted."""

    container_id: UUID
    cause: Cause
    counted_mg: Decimal
    note: str


@dataclass(frozen=True, kw_only=True)
class CloseCase:
    """It was found out what happened, before a second person."""

    case_id: UUID
    resolution: Resolution
    note: str
    witness_code: str


@dataclass(frozen=True, kw_only=True)
class SendStock:
    """A sealed container goes to another registration, with an invoice."""

    container_id: UUID
    to_clinic_id: UUID
    invoice: str


@dataclass(frozen=True, kw_only=True)
class AnnounceDelivery:
    """Another registration has sent a container here."""

    shipment_id: UUID
    from_clinic_id: UUID
    goods: Goods


@dataclass(frozen=True, kw_only=True)
class AnswerDelivery:
    """What came was counted: it is taken, or sent back with a reason."""

    delivery_id: UUID
    counted_mg: Decimal
    refused_because: str | None = None


@dataclass(frozen=True, kw_only=True)
class NoteAnswer:
    """What the receiver of a shipment said."""

    shipment_id: UUID
    accepted: bool
    counted_ug: int
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class CorrectPosting:
    """A posting was a mistake; one of a session is posted anew, as it was."""

    posting_id: UUID
    reason: str
    witness_code: str
    draws: tuple[DrawFrom, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RecallLot:
    """A lot is not to be given any more."""

    drug: Drug
    lot: str
    note: str
