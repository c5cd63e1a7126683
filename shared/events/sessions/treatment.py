"""Orders, treatment, alerts and integration."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event, Sensitivity


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(
    Event,
    name="sessions.order.placed",
    aggregate="order",
    sensitivity=Sensitivity.CLINICAL,
):
    """A prescriber ordered doses for a patient; what and how much stays here."""

    order_id: UUID
    patient_id: UUID
    episode_id: UUID
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class OrderClosed(
    Event,
    name="sessions.order.closed",
    aggregate="order",
    sensitivity=Sensitivity.CLINICAL,
):
    """No further dose may be given on an order: it is used up or cancelled."""

    order_id: UUID
    patient_id: UUID
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class PreparationCompleted(
    Event, name="sessions.preparation.completed", aggregate="preparation"
):
    """A therapist prepared the patient for the experience."""

    preparation_id: UUID
    patient_id: UUID
    episode_id: UUID
    appointment_id: UUID
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class RecordOpened(Event, name="sessions.record.opened", aggregate="session"):
    """The right patient is in the right room, and a treatment record is open."""

    session_id: UUID
    appointment_id: UUID
    patient_id: UUID
    route_class: Code


@dataclass(frozen=True, kw_only=True)
class PrecheckCompleted(
    Event,
    name="sessions.precheck.completed",
    aggregate="session",
    sensitivity=Sensitivity.CLINICAL,
):
    """The checks before a dose are done; the outcome is go, hold or stop."""

    session_id: UUID
    patient_id: UUID
    outcome: Code


@dataclass(frozen=True, kw_only=True)
class DoseHeld(
    Event,
    name="sessions.dose.held",
    aggregate="session",
    sensitivity=Sensitivity.CLINICAL,
):
    """No dose for now; a prescriber decides what happens next."""

    session_id: UUID
    patient_id: UUID
    reason_code: Code


@dataclass(frozen=True, kw_only=True)
class DoseAuthorised(
    Event,
    name="sessions.dose.authorised",
    aggregate="session",
    sensitivity=Sensitivity.CLINICAL,
):
    """A prescriber authorised the dose, every readiness fact holding at that moment.

    `confirmed_facts` are those that might have been out of date and that the prescriber
    answered for.
    """

    session_id: UUID
    patient_id: UUID
    confirmed_facts: tuple[Code, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class DoseAdministered(
    Event,
    name="sessions.dose.administered",
    aggregate="session",
    sensitivity=Sensitivity.CLINICAL,
):
    """A dose was given; `seq` counts the doses of the session from 1."""

    session_id: UUID
    appointment_id: UUID
    patient_id: UUID
    administration_id: UUID
    seq: int


@dataclass(frozen=True, kw_only=True)
class PhaseChanged(Event, name="sessions.phase.changed", aggregate="session"):
    """The session entered another phase."""

    session_id: UUID
    patient_id: UUID
    phase: Code


@dataclass(frozen=True, kw_only=True)
class VitalsRecorded(
    Event,
    name="sessions.vitals.recorded",
    aggregate="vitals",
    sensitivity=Sensitivity.CLINICAL,
):
    """A set of vital signs was taken; `status` is ok, amber or red."""

    vitals_id: UUID
    session_id: UUID
    patient_id: UUID
    status: Code


@dataclass(frozen=True, kw_only=True)
class AlertRaised(
    Event,
    name="sessions.alert.raised",
    aggregate="alert",
    sensitivity=Sensitivity.CLINICAL,
):
    """Somebody must look at a patient before `due_at`."""

    alert_id: UUID
    session_id: UUID
    patient_id: UUID
    severity: Code
    rule_code: Code
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class AlertEscalated(
    Event,
    name="sessions.alert.escalated",
    aggregate="alert",
    sensitivity=Sensitivity.CLINICAL,
):
    """Nobody acknowledged an alert in time; the next role is asked, until `due_at`."""

    alert_id: UUID
    session_id: UUID
    patient_id: UUID
    level: int
    due_at: datetime
    role: Code | None = None


@dataclass(frozen=True, kw_only=True)
class AlertAcknowledged(
    Event,
    name="sessions.alert.acknowledged",
    aggregate="alert",
    sensitivity=Sensitivity.CLINICAL,
):
    """A clinician took an alert on."""

    alert_id: UUID
    session_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class PatientDischarged(Event, name="sessions.patient.discharged", aggregate="session"):
    """The patient met the discharge criteria and left with the escort."""

    session_id: UUID
    appointment_id: UUID
    patient_id: UUID
    discharged_at: datetime


@dataclass(frozen=True, kw_only=True)
class RecordAborted(Event, name="sessions.record.aborted", aggregate="session"):
    """The session ended early; `reason_code` is coarse."""

    session_id: UUID
    appointment_id: UUID
    patient_id: UUID
    reason_code: Code


@dataclass(frozen=True, kw_only=True)
class RecordSigned(Event, name="sessions.record.signed", aggregate="session"):
    """The treatment record is signed and locked."""

    session_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class IntegrationFellDue(
    Event, name="sessions.integration.fell_due", aggregate="integration"
):
    """Integration should happen by `due_at` and counts as missed after `late_at`."""

    integration_id: UUID
    session_id: UUID
    patient_id: UUID
    episode_id: UUID
    due_at: datetime
    late_at: datetime


@dataclass(frozen=True, kw_only=True)
class IntegrationCompleted(
    Event, name="sessions.integration.completed", aggregate="integration"
):
    """The patient integrated the experience with a therapist."""

    integration_id: UUID
    session_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class IntegrationMissed(
    Event, name="sessions.integration.missed", aggregate="integration"
):
    """Integration did not happen in time."""

    integration_id: UUID
    session_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class SessionsAuditAnchored(
    Event, name="sessions.audit.anchored", aggregate="audit_chain"
):
    """How far the audit trail of a clinic in sessions goes, and its last seal."""

    position: int
    seal: Code
