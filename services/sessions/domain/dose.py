"""That a dose was authorised, and that it was given, as both are kept."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.sessions.domain.amounts import milligrams
from shared.rulepack import Decision


@dataclass(kw_only=True, eq=False)
class Authorisation:
    """A prescriber's word that a dose may be given; `outcome` is what was known then.

    `readiness` is every readiness fact as it stood at that moment.
    """

    id: UUID
    session_id: UUID
    clinic_id: UUID
    order_id: UUID
    ordered_ug: int
    authorised_at: datetime
    authorised_by: UUID
    outcome: Decision
    override_reason: str | None
    readiness: dict[str, Any]


@dataclass(kw_only=True, eq=False)
class Dose:
    """A dose that was given; `seq` counts those of the session from 1."""

    id: UUID
    session_id: UUID
    clinic_id: UUID
    seq: int
    order_id: UUID
    given_ug: int
    drawn_ug: int
    wasted_ug: int
    lot: str
    given_at: datetime
    given_by: UUID
    witness_id: UUID | None

    @property
    def given_mg(self) -> Decimal:
        """What the patient got."""
        return milligrams(self.given_ug)

    @property
    def drawn_mg(self) -> Decimal:
        """What was taken out of the container."""
        return milligrams(self.drawn_ug)

    @property
    def wasted_mg(self) -> Decimal:
        """What was thrown away."""
        return milligrams(self.wasted_ug)
