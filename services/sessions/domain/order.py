"""What a prescriber ordered, and the patient's weight it is judged by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
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
    """So many doses of so much, or within a range, until a time.

    `reason` says why so much. `weight_kg` is what the dose was judged by.
    """

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
    lowest_ug: int | None = None
    highest_ug: int | None = None
    concentration_mg_per_ml: float | None = None
    weight_kg: float | None = None

    @property
    def most_ug(self) -> int:
        """The most that may be given at a time."""
        return self.highest_ug or self.dose_ug

    @property
    def amounts(self) -> list[int]:
        """Every amount it names."""
        named = (self.dose_ug, self.lowest_ug, self.highest_ug)
        return [amount for amount in named if amount is not None]

    def place(self) -> OrderPlaced:
        """Doses may be given on it from now on.

        Raises:
            InvalidError: the drug is not given by that route, or the dose is not
                within its own range.
        """
        if self.route not in ROUTES[self.drug]:
            raise InvalidError("this drug is not given by this route", field="route")
        if self.lowest_ug is not None and self.lowest_ug > self.dose_ug:
            raise InvalidError("this is above the dose", field="lowest_mg")
        if self.highest_ug is not None and self.highest_ug < self.dose_ug:
            raise InvalidError("this is below the dose", field="highest_mg")
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

    def use(self, given_ug: int, *, at: datetime, before_ug: int = 0) -> None:
        """Take one dose off it, or give more of the one that was begun.

        Args:
            before_ug: what was given of this dose before, by other devices.

        Raises:
            NoActiveOrderError: it allows no further dose.
            DoseAboveOrderError: that is more than it allows at a time.
        """
        is_begun = before_ug > 0 and self.status is OrderStatus.OPEN
        if not is_begun and not self.is_active(at=at):
            raise NoActiveOrderError
        if before_ug + given_ug > self.most_ug:
            raise DoseAboveOrderError
        self.doses_given += 0 if is_begun else 1

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


def shown(order: Mapping[str, Any]) -> dict[str, Any]:
    """An order's amounts side by side: mg, mg/kg and mL, as far as they are known.

    They are derived from what was ordered; none is ever taken for another.
    """
    dose_mg = milligrams(order["dose_ug"])
    weight, concentration = order["weight_kg"], order["concentration_mg_per_ml"]
    lowest, highest = order["lowest_ug"], order["highest_ug"]
    return {
        "dose_mg": dose_mg,
        "lowest_mg": None if lowest is None else milligrams(lowest),
        "highest_mg": None if highest is None else milligrams(highest),
        "dose_mg_per_kg": round(float(dose_mg) / weight, 3) if weight else None,
        "dose_ml": round(float(dose_mg) / concentration, 3) if concentration else None,
    }
