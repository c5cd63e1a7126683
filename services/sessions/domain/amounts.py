"""Amounts of a drug, exactly: whole micrograms inside, milligrams at the edge.

A dose is drawn, given and wasted to the last digit; binary fractions would not add up.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.sessions.domain.errors import AmountsDoNotAddUpError, WitnessIsActorError
from shared.errors import InvalidError

MICROGRAMS_PER_MG = 1_000


def micrograms(amount_mg: Decimal) -> int:
    """Milligrams as whole micrograms.

    Raises:
        InvalidError: it has more than three decimals.
    """
    scaled = amount_mg * MICROGRAMS_PER_MG
    if scaled != scaled.to_integral_value():
        raise InvalidError("an amount has at most three decimals")
    return int(scaled)


def milligrams(amount_ug: int) -> Decimal:
    """Whole micrograms as milligrams."""
    return Decimal(amount_ug) / MICROGRAMS_PER_MG


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """What became of a drug that was drawn.

    Raises:
        AmountsDoNotAddUpError: something is missing, or too much.
    """

    given_ug: int
    drawn_ug: int
    wasted_ug: int

    def __post_init__(self) -> None:
        if min(self.given_ug, self.drawn_ug, self.wasted_ug) < 0:
            raise InvalidError("an amount is not below zero", field="drawn_mg")
        if self.drawn_ug != self.given_ug + self.wasted_ug:
            raise AmountsDoNotAddUpError(field="drawn_mg")

    def demand_witness(self, witness_id: UUID | None, *, actor_id: UUID) -> None:
        """Refuse waste that nobody else saw.

        Raises:
            InvalidError: something was wasted and no witness is named.
            WitnessIsActorError: the witness is who wasted it.
        """
        if self.wasted_ug and witness_id is None:
            raise InvalidError("waste needs a witness", field="witness_id")
        if witness_id == actor_id:
            raise WitnessIsActorError
