"""What this service knows of what others own, kept up by their events."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from services.sessions.domain.errors import (
    AppointmentOverError,
    NotAPreparationError,
    PatientNotArrivedError,
)
from shared.aggregate import Aggregate

PREPARATION = "preparation"
DOSING = "dosing"


class AppointmentStatus(StrEnum):
    """How far an appointment has come, as far as treatment is concerned."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"
    RELEASED = "released"
    NO_SHOW = "no_show"


STANDING = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED})


@dataclass(kw_only=True, eq=False)
class Clinic(Aggregate):
    """How soon an alert must be taken on in a clinic, and by which clock it lives.

    Its id is its clinic id.
    """

    alert_response_seconds: int
    time_zone: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's clock; UTC if it was never told."""
        return ZoneInfo(self.time_zone or "UTC")


@dataclass(kw_only=True, eq=False)
class Patient(Aggregate):
    """That there is a patient, and the open episode."""

    episode_id: UUID


@dataclass(kw_only=True, eq=False)
class Appointment(Aggregate):
    """An appointment that treatment may take place at."""

    patient_id: UUID
    episode_id: UUID
    type: str
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus = AppointmentStatus.BOOKED

    def demand_preparation_of(self, patient_id: UUID) -> None:
        """Refuse unless the patient can be prepared at this appointment."""
        if self.type != PREPARATION or self.patient_id != patient_id:
            raise NotAPreparationError
        if self.status not in STANDING:
            raise AppointmentOverError

    def demand_arrived_for_dose(self) -> None:
        """Refuse unless the patient is here for a dose."""
        if self.type != DOSING or self.status is not AppointmentStatus.ARRIVED:
            raise PatientNotArrivedError
