"""That a dose was authorised, and that it was given, as both are kept."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any
from uuid import UUID

from services.sessions.domain.amounts import micrograms, milligrams
from services.sessions.domain.errors import (
    OneDeviceError,
    TooSoonAfterDeviceError,
)
from shared.rulepack import Decision
from shared.rulepack.dose import RouteLimits


@dataclass(kw_only=True, eq=False)
class Authorisation:
    """A prescriber's word that a dose may be given; `outcome` is what was known then.

    `readiness` is every readiness fact as it stood at that moment, and which of them
    might have been out of date; `stale_reason` is why that was no obstacle.
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
    prescriber_on_site: bool | None = None
    stale_reason: str | None = None

    @property
    def confirmed(self) -> tuple[str, ...]:
        """The facts that might have been out of date and were answered for."""
        stale = self.readiness.get("stale", ())
        return tuple(fact for one in stale for fact in one["facts"])


@dataclass(kw_only=True, eq=False)
class Dose:
    """A dose that was given, or a device of one; `seq` counts those of the session."""

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
    authorisation_id: UUID | None = None
    verifier_id: UUID | None = None

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


def demand_one_device(
    given_ug: int, last_at: datetime | None, limits: RouteLimits, *, at: datetime
) -> None:
    """Refuse two devices at once, and the next before its time.

    Raises:
        OneDeviceError: what is given is not one device.
        TooSoonAfterDeviceError: the last was given too short a time ago.
    """
    if limits.device_mg is None or limits.device_spacing is None:
        return
    if given_ug != micrograms(Decimal(str(limits.device_mg))):
        raise OneDeviceError(field="given_mg")
    if last_at is not None and at < last_at + limits.device_spacing:
        left = last_at + limits.device_spacing - at
        raise TooSoonAfterDeviceError(
            details={"seconds_left": ceil(left.total_seconds())}
        )
