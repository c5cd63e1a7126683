"""The prescriber's word that the body can bear the treatment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.aggregate import Aggregate
from shared.events.intake import ClearanceGranted


@dataclass(kw_only=True, eq=False)
class Clearance(Aggregate):
    """A prescriber finds the patient medically fit for treatment."""

    patient_id: UUID
    episode_id: UUID
    note: str | None
    granted_by: UUID
    granted_at: datetime
    valid_until: datetime

    def grant(self) -> ClearanceGranted:
        """The patient is fit."""
        return ClearanceGranted(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            clearance_id=self.id,
            valid_until=self.valid_until,
        )
