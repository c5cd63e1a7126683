"""What a prescriber ordered, and the patient's weight it is judged by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.sessions.domain.amounts import milligrams
from services.sessions.domain.errors import (
    DoseAboveLimitError,
    DoseAboveOrderError,
    NoActiveOrderError,
    ReasonRequiredError,
    WeightMissingError,
    WrongStateError,
)
from shared.aggregate import Aggregate
from shared.errors import InvalidError
from shared.events.sessions import OrderClosed, OrderPlaced
from shared.rulepack import DoseFinding, DoseSeverity, Route


class Drug(StrEnum):
    """What is given."""

    RACEMIC_KETAMINE = "racemic_ketamine"
    ESKETAMINE = "esketamine"


ROUTES = {
    Drug.RACEMIC_KETAMINE: frozenset({Route.IV, Route.IM, Route.SL}),
    Drug.ESKETAMINE: frozenset({Route.ESKETAMINE_NASAL}),
}
"""The routes each drug may be given by."""


class OrderStatus(StrEnum):
    """Whether doses may be given on an order, or why not any more."""

    OPEN = "open"
    USED_UP = "used_up"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(kw_only=True, eq=False)
class Order(Aggregate):
    """So many doses of so much, at most, until a time; `reason` says why so much."""

    patient_id: UUID
    episode_id: UUID
    drug: Drug
    route: Route
    dose_ug: int
    max_doses: int
    valid_until: datetime
    reason: str | None
    placed_at: datetime
    placed_by: UUID
    doses_given: int = 0
    status: OrderStatus = OrderStatus.OPEN

    @property
    def dose_mg(self) -> Decimal:
        """The most that may be given at a time."""
        return milligrams(self.dose_ug)

    def place(self) -> OrderPlaced:
        """Doses may be given on it from now on.

        Raises:
            InvalidError: the drug is not given by that route.
        """
        if self.route not in ROUTES[self.drug]:
            raise InvalidError("this drug is not given by this route", field="route")
        return OrderPlaced(
            order_id=self.id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            valid_until=self.valid_until,
        )

    def is_active(self, *, at: datetime) -> bool:
        """Whether another dose may be given on it."""
        return self.ended_as(at=at) is None

    def ended_as(self, *, at: datetime) -> OrderStatus | None:
        """Why no dose may be given on it at a time; None if one may."""
        if self.status is not OrderStatus.OPEN:
            return self.status
        if self.doses_given >= self.max_doses:
            return OrderStatus.USED_UP
        return OrderStatus.EXPIRED if self.valid_until <= at else None

    def use(self, given_ug: int, *, at: datetime) -> None:
        """Take one dose off it.

        Raises:
            NoActiveOrderError: it allows no further dose.
            DoseAboveOrderError: that is more than it allows at a time.
        """
        if not self.is_active(at=at):
            raise NoActiveOrderError
        if given_ug > self.dose_ug:
            raise DoseAboveOrderError
        self.doses_given += 1

    def cancel(self) -> OrderClosed:
        """No dose may be given on it any more."""
        if self.status is not OrderStatus.OPEN:
            raise WrongStateError(details={"state": self.status.value})
        return self.close(OrderStatus.CANCELLED)

    def close(self, status: OrderStatus) -> OrderClosed:
        """It is over."""
        self.status = status
        return OrderClosed(
            order_id=self.id, patient_id=self.patient_id, cause_code=status.value
        )


@dataclass(kw_only=True, eq=False)
class Weight(Aggregate):
    """What a patient weighed."""

    patient_id: UUID
    weight_kg: float
    measured_at: datetime
    measured_by: UUID


def demand_allowed(findings: Iterable[DoseFinding], *, reason: str | None) -> None:
    """Refuse a dose the rule pack speaks against.

    Raises:
        WeightMissingError: the dose cannot be judged without a weight.
        DoseAboveLimitError: only another rule pack could allow it.
        ReasonRequiredError: it is unusual, or much changed, and nobody says why.
    """
    found = tuple(findings)
    demand_within_limits(found)
    if found and not reason:
        codes = [finding.code for finding in found]
        raise ReasonRequiredError(field="reason", details={"findings": codes})


def demand_within_limits(findings: Iterable[DoseFinding]) -> None:
    """Refuse a dose beyond what the rule pack allows at all.

    Raises:
        WeightMissingError: the dose cannot be judged without a weight.
        DoseAboveLimitError: only another rule pack could allow it.
    """
    codes = [item.code for item in findings if item.severity is DoseSeverity.HARD]
    if "weight_missing" in codes:
        raise WeightMissingError
    if codes:
        raise DoseAboveLimitError(details={"findings": codes})
