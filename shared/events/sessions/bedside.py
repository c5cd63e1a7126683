"""What the sessions service tells of the bedside: watching, correcting, leaving."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event, Sensitivity


@dataclass(frozen=True, kw_only=True)
class CheckMissed(
    Event,
    name="sessions.check.missed",
    aggregate="alert",
    sensitivity=Sensitivity.CLINICAL,
):
    """Nobody took vital signs when they were due; somebody must before `due_at`."""

    alert_id: UUID
    session_id: UUID
    patient_id: UUID
    due_at: datetime
    role: Code


@dataclass(frozen=True, kw_only=True)
class VitalsReversed(
    Event,
    name="sessions.vitals.reversed",
    aggregate="vitals",
    sensitivity=Sensitivity.CLINICAL,
):
    """A set of vital signs was entered wrongly and no longer counts."""

    vitals_id: UUID
    session_id: UUID
    patient_id: UUID
    reason_code: Code


@dataclass(frozen=True, kw_only=True)
class LimitsChanged(
    Event,
    name="sessions.limits.changed",
    aggregate="limits",
    sensitivity=Sensitivity.CLINICAL,
):
    """Limits of a patient's own were set, or ended; what they are stays here."""

    limits_id: UUID
    patient_id: UUID
    in_force: bool


@dataclass(frozen=True, kw_only=True)
class EmergencyNoted(
    Event,
    name="sessions.emergency.noted",
    aggregate="session",
    sensitivity=Sensitivity.CLINICAL,
):
    """Something was done in an emergency; what it was is coarse."""

    session_id: UUID
    patient_id: UUID
    step: Code


@dataclass(frozen=True, kw_only=True)
class DischargeCriteriaMet(
    Event, name="sessions.discharge.criteria_met", aggregate="session"
):
    """Nothing speaks against the patient leaving, but for the escort to come."""

    session_id: UUID
    appointment_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class EscortMissing(Event, name="sessions.escort.missing", aggregate="session"):
    """Nobody is there to take a patient home; `level` counts who was asked since."""

    session_id: UUID
    appointment_id: UUID
    patient_id: UUID
    level: int
    role: Code


@dataclass(frozen=True, kw_only=True)
class AlertResolved(
    Event,
    name="sessions.alert.resolved",
    aggregate="alert",
    sensitivity=Sensitivity.CLINICAL,
):
    """What an alert was about is over, or is told anew; `outcome` is coarse."""

    alert_id: UUID
    session_id: UUID
    patient_id: UUID
    outcome: Code
