"""What may be asked of scheduling."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.scheduling.domain import AppointmentType, ResourceKind


@dataclass(frozen=True, kw_only=True)
class OnboardClinic:
    """A clinic joins the network."""

    name: str
    time_zone: str
    alert_response_seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class AddResource:
    """A room or a member of staff can be booked."""

    kind: ResourceKind
    name: str


@dataclass(frozen=True, kw_only=True)
class AddClosure:
    """The clinic is closed on some days, the last one included."""

    first_day: date
    last_day: date
    reason_code: str


@dataclass(frozen=True, kw_only=True)
class BookAppointment:
    """Hold a room, staff and the patient for a time.

    Without `ends_at` it lasts as long as the rule pack says for its type.
    """

    patient_id: UUID
    type: AppointmentType
    starts_at: datetime
    room_id: UUID
    therapist_id: UUID | None
    monitor_id: UUID | None = None
    ends_at: datetime | None = None
    integration_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class MoveAppointment:
    """Another time for an appointment; what is not named stays."""

    appointment_id: UUID
    starts_at: datetime
    ends_at: datetime | None = None
    room_id: UUID | None = None
    therapist_id: UUID | None = None
    monitor_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class CancelAppointment:
    """Call an appointment off."""

    appointment_id: UUID
    by: str
    reason_code: str


@dataclass(frozen=True, kw_only=True)
class NoteArrival:
    """The patient is here, with or without an escort."""

    appointment_id: UUID
    escort_present: bool
