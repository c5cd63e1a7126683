"""That a patient was prepared for the experience."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.aggregate import Aggregate
from shared.events.sessions import PreparationCompleted


@dataclass(kw_only=True, eq=False)
class Preparation(Aggregate):
    """A therapist prepared a patient at an appointment."""

    patient_id: UUID
    episode_id: UUID
    appointment_id: UUID
    note: str | None
    completed_at: datetime
    completed_by: UUID
    valid_until: datetime

    def complete(self) -> PreparationCompleted:
        """It took place."""
        return PreparationCompleted(
            preparation_id=self.id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            appointment_id=self.appointment_id,
            valid_until=self.valid_until,
        )
