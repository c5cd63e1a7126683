"""A container on its way from one registration to another: a distribution.

The sender has a shipment, the receiver a delivery; each knows its own rows only, and
what one of them says is carried to the other.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.sessions.domain.amounts import milligrams
from services.sessions.domain.errors import WrongStateError
from services.sessions.domain.ledger.errors import QuantityDiffersError
from services.sessions.domain.ledger.states import TransferStatus
from services.sessions.domain.order import Drug
from shared.aggregate import Aggregate
from shared.events.sessions import (
    DeliveryAnnounced,
    DeliveryAnswered,
    ShipmentAnswered,
    StockTransferred,
)
from shared.rulepack import Form


@dataclass(frozen=True, kw_only=True)
class Goods:
    """What a container holds, as its label and its papers say."""

    drug: Drug
    form: Form
    lot: str
    strength_ug: int
    content_ug: int
    expires_on: date
    ndc: str | None
    amount_ug: int
    invoice: str
    from_number: str


@dataclass(kw_only=True, eq=False)
class Shipment(Aggregate):
    """What was sent; in transit until the other side has said what came."""

    registration_id: UUID
    container_id: UUID
    to_clinic_id: UUID
    amount_ug: int
    invoice: str
    sent_at: datetime
    sent_by: UUID
    status: TransferStatus = TransferStatus.IN_TRANSIT
    carried_at: datetime | None = None
    answered_at: datetime | None = None

    @property
    def amount_mg(self) -> Decimal:
        """How much was sent."""
        return milligrams(self.amount_ug)

    def send(self) -> StockTransferred:
        """It left the cabinet."""
        return StockTransferred(
            shipment_id=self.id,
            container_id=self.container_id,
            to_clinic_id=self.to_clinic_id,
        )

    def carry(self, *, at: datetime) -> None:
        """The receiver knows of it."""
        self.version += 1
        self.carried_at = at

    def answer(self, *, accepted: bool, at: datetime) -> ShipmentAnswered:
        """The other side has said what came."""
        self.status = TransferStatus.ACCEPTED if accepted else TransferStatus.REFUSED
        self.answered_at = at
        return ShipmentAnswered(
            shipment_id=self.id, container_id=self.container_id, accepted=accepted
        )


@dataclass(kw_only=True, eq=False)
class Delivery(Aggregate):
    """What another registration says is on its way here."""

    shipment_id: UUID
    from_clinic_id: UUID
    drug: Drug
    form: Form
    lot: str
    strength_ug: int
    content_ug: int
    expires_on: date
    ndc: str | None
    amount_ug: int
    invoice: str
    from_number: str
    announced_at: datetime
    due_at: datetime
    status: TransferStatus = TransferStatus.IN_TRANSIT
    container_id: UUID | None = None
    counted_ug: int | None = None
    reason: str | None = None
    answered_at: datetime | None = None
    answered_by: UUID | None = None
    carried_at: datetime | None = None

    @property
    def strength_mg(self) -> Decimal:
        """What is in one millilitre, or in one piece."""
        return milligrams(self.strength_ug)

    def announce(self) -> DeliveryAnnounced:
        """Somebody looks out for it."""
        return DeliveryAnnounced(
            delivery_id=self.id, from_clinic_id=self.from_clinic_id, due_at=self.due_at
        )

    def accept(
        self, counted_ug: int, container_id: UUID, *, at: datetime, by: UUID
    ) -> DeliveryAnswered:
        """It came as it was sent.

        Raises:
            QuantityDiffersError: there is more or less in it.
        """
        self._demand_open()
        if counted_ug != self.amount_ug:
            raise QuantityDiffersError(field="counted_mg")
        self.container_id = container_id
        return self._answer(TransferStatus.ACCEPTED, counted_ug, at=at, by=by)

    def refuse(
        self, counted_ug: int, reason: str, *, at: datetime, by: UUID
    ) -> DeliveryAnswered:
        """It goes back to the sender, with what was found in it."""
        self._demand_open()
        self.reason = reason
        return self._answer(TransferStatus.REFUSED, counted_ug, at=at, by=by)

    def carry(self, *, at: datetime) -> None:
        """The sender knows the answer."""
        self.version += 1
        self.carried_at = at

    def _answer(
        self, status: TransferStatus, counted_ug: int, *, at: datetime, by: UUID
    ) -> DeliveryAnswered:
        self.status, self.counted_ug = status, counted_ug
        self.answered_at, self.answered_by = at, by
        return DeliveryAnswered(
            delivery_id=self.id, accepted=status is TransferStatus.ACCEPTED
        )

    def _demand_open(self) -> None:
        if self.status is not TransferStatus.IN_TRANSIT:
            raise WrongStateError(
                f"the delivery is {self.status.value}",
                details={"state": self.status.value},
            )
