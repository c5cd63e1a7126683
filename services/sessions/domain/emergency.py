"""What was done in an emergency, and when: recorded, never recommended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class EmergencyStep(StrEnum):
    """What was done."""

    EMERGENCY_CALLED = "emergency_called"
    TEAM_CALLED = "team_called"
    PRESCRIBER_THERE = "prescriber_there"
    INFUSION_STOPPED = "infusion_stopped"
    AIRWAY_SECURED = "airway_secured"
    RESUSCITATION_BEGUN = "resuscitation_begun"
    AMBULANCE_THERE = "ambulance_there"
    HANDED_OVER = "handed_over"
    OTHER = "other"
    OVER = "over"


@dataclass(kw_only=True, eq=False)
class EmergencyEntry:
    """One line of an emergency's log."""

    id: UUID
    session_id: UUID
    clinic_id: UUID
    step: EmergencyStep
    done_at: datetime
    noted_at: datetime
    noted_by: UUID
    note: str | None
