"""The prescriber's word that the body can bear the treatment."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import ConflictError
from shared.events.intake import ClearanceGranted, ClearanceLapsed


class ClearanceOverError(ConflictError):
    """This clearance does not hold any more."""

    code = "clearance_over"


class UnfitError(ConflictError):
    """These vital signs allow no dose, so nobody is cleared on them."""

    code = "unfit"


class LapseCause(StrEnum):
    """Why a clearance does not hold any more."""

    EXPIRED = "expired"
    VITAL_SIGNS = "vital_signs"
    ECG = "ecg"
    LABORATORY = "laboratory"
    HOSPITAL_STAY = "hospital_stay"
    PREGNANCY = "pregnancy"
    MEDICATION = "medication"
    OTHER = "other"


TOLD = {LapseCause.EXPIRED: "expired"}
"""What is told outside of a cause; of all others only that it is clinical."""


class PdmpOutcome(StrEnum):
    """What a prescription monitoring program said."""

    NOTHING_FOUND = "nothing_found"
    CONSISTENT = "consistent"
    CONCERN = "concern"


@dataclass(kw_only=True, eq=False)
class Clearance(Aggregate):
    """A prescriber finds the patient medically fit for treatment.

    `findings` are what it rests on: `vitals` by measure, `labs` with code, value, unit
    and day, the `pdmp` query (in which state, on which day, with which outcome), and
    `file_ids`.
    """

    patient_id: UUID
    episode_id: UUID
    note: str | None
    granted_by: UUID
    granted_at: datetime
    valid_until: datetime
    findings: dict[str, Any] = field(default_factory=dict)
    lapsed_at: datetime | None = None
    lapsed_by: UUID | None = None
    lapse_cause: LapseCause | None = None

    def holds(self, at: datetime) -> bool:
        """Whether a dose can rest on it at a moment."""
        return self.lapsed_at is None and at < self.valid_until

    def grant(self) -> ClearanceGranted:
        """The patient is fit."""
        return ClearanceGranted(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            clearance_id=self.id,
            valid_until=self.valid_until,
        )

    def lapse(
        self, cause: LapseCause, *, by: UUID | None, at: datetime
    ) -> ClearanceLapsed:
        """It does not hold any more; outside only the coarse cause is told.

        Raises:
            ClearanceOverError: it did not hold before.
        """
        if self.lapsed_at is not None:
            raise ClearanceOverError
        self.lapsed_at, self.lapsed_by, self.lapse_cause = at, by, cause
        return ClearanceLapsed(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            clearance_id=self.id,
            cause_code=TOLD.get(cause, "clinical"),
        )
