"""Appointments, from the first hold of a time to the last step of the day."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event


@dataclass(frozen=True, kw_only=True)
class AppointmentBooked(
    Event, name="scheduling.appointment.booked", aggregate="appointment"
):
    """A room, staff and a patient are held for a time."""

    appointment_id: UUID
    patient_id: UUID
    episode_id: UUID
    appointment_type: Code
    starts_at: datetime
    ends_at: datetime
    resource_ids: tuple[UUID, ...]
    provisional: bool | None = None
    """It is booked before the patient is ready, and given back in time if not."""


@dataclass(frozen=True, kw_only=True)
class AppointmentFirmed(
    Event, name="scheduling.appointment.firmed", aggregate="appointment"
):
    """A provisional booking is one like others: the patient is ready."""

    appointment_id: UUID
    patient_id: UUID
    episode_id: UUID
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class AppointmentConfirmed(
    Event, name="scheduling.appointment.confirmed", aggregate="appointment"
):
    """The patient will come and, to a dose, has an escort and knows about food."""

    appointment_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class SlotHeld(Event, name="scheduling.slot.held", aggregate="appointment"):
    """A room, staff and a patient are kept for a while; nothing is booked yet."""

    appointment_id: UUID
    patient_id: UUID
    appointment_type: Code
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class SlotHoldExpired(
    Event, name="scheduling.slot.hold_expired", aggregate="appointment"
):
    """Nobody booked what was held in time; it is free again."""

    appointment_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class SlotGivenBack(Event, name="scheduling.slot.given_back", aggregate="appointment"):
    """What was held is not wanted any more; it is free again."""

    appointment_id: UUID
    patient_id: UUID
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class EscortConfirmed(
    Event, name="scheduling.escort.confirmed", aggregate="appointment"
):
    """Somebody will take the patient home on that day."""

    appointment_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class EscortWithdrawn(
    Event, name="scheduling.escort.withdrawn", aggregate="appointment"
):
    """Nobody will take the patient home any more."""

    appointment_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class AppointmentMarkedAtRisk(
    Event, name="scheduling.appointment.marked_at_risk", aggregate="appointment"
):
    """A booked dose lacks readiness facts; it is released at the cut-off."""

    appointment_id: UUID
    patient_id: UUID
    missing: tuple[Code, ...]
    cutoff_at: datetime
    owner_role: Code | None = None


@dataclass(frozen=True, kw_only=True)
class AppointmentRecovered(
    Event, name="scheduling.appointment.recovered", aggregate="appointment"
):
    """All that a dose at risk lacked is there again; it has the status it had."""

    appointment_id: UUID
    patient_id: UUID
    status: Code


PATIENT_DECEASED = "patient_deceased"
"""Why what was booked for a patient who died is given back."""


@dataclass(frozen=True, kw_only=True)
class AppointmentReleased(
    Event, name="scheduling.appointment.released", aggregate="appointment"
):
    """A booking was given back because the dose may not be given."""

    appointment_id: UUID
    patient_id: UUID
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled(
    Event, name="scheduling.appointment.cancelled", aggregate="appointment"
):
    """The patient or the clinic called an appointment off."""

    appointment_id: UUID
    patient_id: UUID
    by: Code
    reason_code: Code
    notice_minutes: int
    late: bool


@dataclass(frozen=True, kw_only=True)
class AppointmentRescheduled(
    Event, name="scheduling.appointment.rescheduled", aggregate="appointment"
):
    """An appointment was moved: `replaced_by` takes its place, in the same commit."""

    appointment_id: UUID
    patient_id: UUID
    replaced_by: UUID
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class AppointmentNoShow(
    Event, name="scheduling.appointment.no_show", aggregate="appointment"
):
    """The patient did not come; `repeated` if to a dose, and not for the first time."""

    appointment_id: UUID
    patient_id: UUID
    episode_id: UUID
    appointment_type: Code
    repeated: bool | None = None


@dataclass(frozen=True, kw_only=True)
class AppointmentFulfilled(
    Event, name="scheduling.appointment.fulfilled", aggregate="appointment"
):
    """What the appointment was for has been done."""

    appointment_id: UUID
    patient_id: UUID
    episode_id: UUID
    appointment_type: Code


@dataclass(frozen=True, kw_only=True)
class PatientArrived(Event, name="scheduling.patient.arrived", aggregate="appointment"):
    """The patient is in the clinic, with or without an escort."""

    appointment_id: UUID
    patient_id: UUID
    episode_id: UUID
    room_id: UUID
    escort_present: bool
    has_concerns: bool | None = None
    """Whether an answer given on arriving speaks against a dose."""


@dataclass(frozen=True, kw_only=True)
class PatientRoomed(Event, name="scheduling.patient.roomed", aggregate="appointment"):
    """The patient is in the room."""

    appointment_id: UUID
    patient_id: UUID
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class StepUndone(Event, name="scheduling.patient.step_undone", aggregate="appointment"):
    """A step was a slip of the hand: the patient is not in the room, or not here."""

    appointment_id: UUID
    patient_id: UUID
    step: Code
    reason_code: Code
