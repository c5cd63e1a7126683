"""A questionnaire a patient has begun and not sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(kw_only=True, eq=False)
class FormDraft:
    """The answers so far, by item; they count for nothing before they are sent."""

    id: UUID
    clinic_id: UUID
    patient_id: UUID
    instrument: str
    answers: dict[str, int]
    saved_at: datetime
