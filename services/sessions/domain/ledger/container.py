"""A container of a controlled substance, and what may be taken out of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.sessions.domain.amounts import milligrams
from services.sessions.domain.errors import WrongStateError
from services.sessions.domain.ledger.entry import Movement
from services.sessions.domain.ledger.errors import (
    BrokenUnitError,
    CaseOpenError,
    ContainerExpiredError,
    ContainerQuarantinedError,
    NotEnoughLeftError,
    OtherDrugError,
)
from services.sessions.domain.ledger.states import ON_HAND, ContainerStatus, Kind
from services.sessions.domain.order import Drug
from shared.aggregate import Aggregate
from shared.errors import InvalidError
from shared.events.sessions import (
    DoseDrawn,
    StockDestroyed,
    StockReceived,
    WasteRecorded,
)
from shared.rulepack import Form

_IN_PIECES = frozenset({Form.LOZENGE, Form.DEVICE})


@dataclass(kw_only=True, eq=False)
class Container(Aggregate):
    """A vial, a box of lozenges, a spray device: what has one label and one lot.

    `number` counts the registration's containers and is what people call it by;
    `strength_ug` is in one millilitre, or in one piece. `tolerated_ug` is what was
    written off as measuring error so far. While `case_id` or `recall_id` says why not,
    nothing is taken out.
    """

    registration_id: UUID
    number: int
    drug: Drug
    form: Form
    lot: str
    strength_ug: int
    content_ug: int
    expires_on: date
    supplier: str
    ndc: str | None
    received_at: datetime
    balance_ug: int = 0
    tolerated_ug: int = 0
    opened_at: datetime | None = None
    gone_as: ContainerStatus | None = None
    case_id: UUID | None = None
    recall_id: UUID | None = None
    status: ContainerStatus = ContainerStatus.EMPTY

    @property
    def strength_mg(self) -> Decimal:
        """What is in one millilitre, or in one piece."""
        return milligrams(self.strength_ug)

    @property
    def content_mg(self) -> Decimal:
        """What it held when it was whole."""
        return milligrams(self.content_ug)

    @property
    def balance_mg(self) -> Decimal:
        """What is left in it."""
        return milligrams(self.balance_ug)

    def demand_possible(self) -> None:
        """Refuse a label that makes no sense.

        Raises:
            InvalidError: an amount is not above zero.
            BrokenUnitError: the content is no whole number of pieces.
        """
        if self.strength_ug <= 0 or self.content_ug <= 0:
            raise InvalidError("is not above zero", field="content_mg")
        self._demand_whole(self.content_ug, field="content_mg")

    def move(self, change_ug: int) -> None:
        """Its balance changes, and with it what may be done with it.

        Raises:
            NotEnoughLeftError: it would hold less than nothing.
        """
        if self.balance_ug + change_ug < 0:
            raise NotEnoughLeftError(details={"container_id": str(self.id)})
        self.balance_ug += change_ug
        self.settle()

    def settle(self) -> None:
        """Say what follows for its status from all that is known of it."""
        if self.gone_as is not None:
            self.status = self.gone_as
        elif self.case_id or (self.recall_id and self.balance_ug):
            self.status = ContainerStatus.QUARANTINED
        elif not self.balance_ug:
            self.status = ContainerStatus.EMPTY
        else:
            opened = self.opened_at is not None
            self.status = ContainerStatus.OPEN if opened else ContainerStatus.SEALED

    def demand_on_hand(self) -> None:
        """Refuse what is not in the cabinet any more."""
        if self.status not in ON_HAND:
            raise WrongStateError(
                f"this cannot be done to a container that is {self.status.value}",
                details={"state": self.status.value},
            )

    def demand_usable(self) -> None:
        """Refuse what is not in the cabinet, or must stay there untouched.

        Raises:
            ContainerQuarantinedError: a case or a recall says so.
        """
        self.demand_on_hand()
        if self.status is ContainerStatus.QUARANTINED:
            raise ContainerQuarantinedError(details={"container_id": str(self.id)})

    def demand_sealed(self) -> None:
        """Refuse to send on what was opened."""
        self.demand_usable()
        if self.status is not ContainerStatus.SEALED:
            raise WrongStateError(
                "only a sealed container is sent", details={"state": self.status.value}
            )

    def demand_no_case(self) -> None:
        """Refuse while it is to be found out what happened to it."""
        if self.case_id is not None:
            raise CaseOpenError(details={"case_id": str(self.case_id)})

    def demand_drawable(self, drug: Drug, *, on: date) -> None:
        """Refuse to draw another drug, or out of what must not be used that day.

        Raises:
            OtherDrugError, ContainerExpiredError: see their messages.
            ContainerQuarantinedError: a case or a recall says so.
        """
        if self.drug is not drug:
            raise OtherDrugError(details={"container_id": str(self.id)})
        self.demand_usable()
        if on > self.expires_on:
            raise ContainerExpiredError(details={"container_id": str(self.id)})

    def draw(
        self, amount_ug: int, *, tolerance_ug: int, note: str | None, at: datetime
    ) -> Iterator[Movement]:
        """What it takes to draw an amount: a little overfill is noted first.

        Raises:
            InvalidError: nothing is drawn, or overfill without a note.
            BrokenUnitError: it comes in pieces, and that is no whole number.
            NotEnoughLeftError: that is more than it holds, overfill included.
        """
        if amount_ug <= 0:
            raise InvalidError("is not above zero", field="drawn_mg")
        self._demand_whole(amount_ug, field="drawn_mg")
        self.opened_at = self.opened_at or at
        over_ug = amount_ug - self.balance_ug
        if over_ug > 0:
            if not self.tolerate(over_ug, tolerance_ug=tolerance_ug, note=note):
                raise NotEnoughLeftError(details={"container_id": str(self.id)})
            yield adjustment(over_ug, note)
        yield Movement(kind=Kind.DRAW, amount_ug=amount_ug)

    def tolerate(
        self, variance_ug: int, *, tolerance_ug: int, note: str | None
    ) -> bool:
        """Whether so little may be put down to measuring, with all before it.

        Raises:
            InvalidError: it may, but nobody says how it came about.
        """
        if self.tolerated_ug + abs(variance_ug) > tolerance_ug:
            return False
        if not note:
            raise InvalidError("even a small variance needs a note", field="note")
        self.tolerated_ug += abs(variance_ug)
        return True

    def leave(self, how: ContainerStatus) -> None:
        """It goes out of the cabinet for good, or until it comes back."""
        self.gone_as = how
        self.settle()

    def come_back(self) -> None:
        """It is in the cabinet again."""
        self.gone_as = None

    def reseal(self) -> None:
        """If nothing was ever taken out of it after all, it was never opened."""
        if self.balance_ug == self.content_ug:
            self.opened_at = None
            self.settle()

    def received(self, posting_id: UUID) -> StockReceived:
        """It came in."""
        return StockReceived(**self._told(posting_id))

    def drawn(self, posting_id: UUID) -> DoseDrawn:
        """Something was drawn out of it for a dose."""
        return DoseDrawn(**self._told(posting_id))

    def wasted(self, posting_id: UUID) -> WasteRecorded:
        """Something that was drawn out of it was wasted."""
        return WasteRecorded(**self._told(posting_id))

    def destroyed(self, posting_id: UUID) -> StockDestroyed:
        """It was destroyed."""
        return StockDestroyed(**self._told(posting_id))

    def _told(self, posting_id: UUID) -> dict[str, UUID]:
        return {
            "container_id": self.id,
            "registration_id": self.registration_id,
            "posting_id": posting_id,
        }

    def _demand_whole(self, amount_ug: int, *, field: str) -> None:
        if self.form in _IN_PIECES and amount_ug % self.strength_ug:
            raise BrokenUnitError(field=field)


def adjustment(signed_ug: int, note: str | None) -> Movement:
    """The balance is put to what is there, and it is said why."""
    return Movement(
        kind=Kind.ADJUST,
        amount_ug=abs(signed_ug),
        signed_ug=signed_ug,
        details={"note": note} if note else None,
    )
