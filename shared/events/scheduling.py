"""What the scheduling service tells: clinics, rooms, people and time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event, Sensitivity, Zone


@dataclass(frozen=True, kw_only=True)
class ClinicOnboarded(Event, name="scheduling.clinic.onboarded", aggregate="clinic"):
    """A clinic joined the network."""

    time_zone: Zone
    alert_response_seconds: int


@dataclass(frozen=True, kw_only=True)
class ClinicHoursChanged(
    Event, name="scheduling.clinic.hours_changed", aggregate="clinic"
):
    """A clinic is open at other hours from now on; ask it which."""

    is_always_open: bool


@dataclass(frozen=True, kw_only=True)
class ClosureAdded(Event, name="scheduling.closure.added", aggregate="closure"):
    """A clinic is closed for whole days of its calendar."""

    closure_id: UUID
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class ClosureRemoved(Event, name="scheduling.closure.removed", aggregate="closure"):
    """A clinic is open after all."""

    closure_id: UUID


@dataclass(frozen=True, kw_only=True)
class ResourceAdded(Event, name="scheduling.resource.added", aggregate="resource"):
    """A room or a member of staff can be booked."""

    resource_id: UUID
    kind: Code


@dataclass(frozen=True, kw_only=True)
class ResourceChanged(Event, name="scheduling.resource.changed", aggregate="resource"):
    """What is known of a room or a member of staff is different; ask for it anew.

    `what_code` says what: details, roster, absence or licence.
    """

    resource_id: UUID
    kind: Code
    what_code: Code


@dataclass(frozen=True, kw_only=True)
class ResourceRetired(Event, name="scheduling.resource.retired", aggregate="resource"):
    """Nothing more is booked on a room or a member of staff."""

    resource_id: UUID
    kind: Code


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
    """The patient did not come."""

    appointment_id: UUID
    patient_id: UUID
    episode_id: UUID
    appointment_type: Code


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


@dataclass(frozen=True, kw_only=True)
class SchedulingAuditAnchored(
    Event, name="scheduling.audit.anchored", aggregate="audit_chain"
):
    """How far the audit trail of a clinic in scheduling goes, and its last seal."""

    position: int
    seal: Code


@dataclass(frozen=True, kw_only=True)
class CoursePlanned(
    Event,
    name="scheduling.course.planned",
    aggregate="course_plan",
    sensitivity=Sensitivity.CLINICAL,
):
    """A patient's course was planned by a protocol, with what could be booked."""

    plan_id: UUID
    patient_id: UUID
    episode_id: UUID
    protocol: Code
    protocol_version: Code
    steps: int
    booked: int


@dataclass(frozen=True, kw_only=True)
class CourseChanged(Event, name="scheduling.course.changed", aggregate="course_plan"):
    """A step of a course took place or was left out."""

    plan_id: UUID
    patient_id: UUID
    step_id: UUID
    change: Code
    open: int
    booked: int
    done: int


@dataclass(frozen=True, kw_only=True)
class CourseStepFellDue(
    Event, name="scheduling.course.step_fell_due", aggregate="course_plan"
):
    """A checkpoint or questionnaires of a course are due."""

    plan_id: UUID
    patient_id: UUID
    step_id: UUID
    kind: Code
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class CourseDisrupted(
    Event, name="scheduling.course.disrupted", aggregate="course_plan"
):
    """What is booked of a course does not fit any more; the rest is to be replanned."""

    plan_id: UUID
    patient_id: UUID
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class CourseReplanned(
    Event, name="scheduling.course.replanned", aggregate="course_plan"
):
    """What remains of a course was placed anew."""

    plan_id: UUID
    patient_id: UUID
    open: int
    booked: int
    needs_replan: bool


@dataclass(frozen=True, kw_only=True)
class CourseCompleted(
    Event,
    name="scheduling.course.completed",
    aggregate="course_plan",
    sensitivity=Sensitivity.CLINICAL,
):
    """The last appointment of a course took place."""

    plan_id: UUID
    patient_id: UUID
    protocol: Code
    done: int


@dataclass(frozen=True, kw_only=True)
class CourseStopped(Event, name="scheduling.course.stopped", aggregate="course_plan"):
    """A course ended before its last step."""

    plan_id: UUID
    patient_id: UUID
    reason_code: Code
