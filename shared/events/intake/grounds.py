"""What intake tells of what treatment rests on: consents, clearances, files."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event, Sensitivity


@dataclass(frozen=True, kw_only=True)
class ConsentSigned(Event, name="intake.consent.signed", aggregate="consent"):
    """A patient consented, before a witness, to what a document version says."""

    patient_id: UUID
    episode_id: UUID
    consent_id: UUID
    consent_type: Code
    document_version: Code
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class ConsentSubmitted(Event, name="intake.consent.submitted", aggregate="consent"):
    """A patient signed alone; it counts once a member of staff has witnessed it."""

    patient_id: UUID
    episode_id: UUID
    consent_id: UUID
    consent_type: Code


@dataclass(frozen=True, kw_only=True)
class ConsentRenewalRequested(
    Event, name="intake.consent.renewal_requested", aggregate="consent"
):
    """A consent ends at `valid_until`; the patient is asked to consent anew."""

    patient_id: UUID
    episode_id: UUID
    consent_id: UUID
    consent_type: Code
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(Event, name="intake.consent.withdrawn", aggregate="consent"):
    """A patient took a consent back; no dose rests on it from now on."""

    patient_id: UUID
    episode_id: UUID
    consent_id: UUID
    consent_type: Code


@dataclass(frozen=True, kw_only=True)
class ConsentExpired(Event, name="intake.consent.expired", aggregate="consent"):
    """A consent came to its end, or its document was retired; no dose rests on it."""

    patient_id: UUID
    episode_id: UUID
    consent_id: UUID
    consent_type: Code
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class ClearanceLapsed(
    Event,
    name="intake.clearance.lapsed",
    aggregate="clearance",
    sensitivity=Sensitivity.CLINICAL,
):
    """A medical clearance does not hold any more; no dose rests on it."""

    patient_id: UUID
    episode_id: UUID
    clearance_id: UUID
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class ClearanceGranted(
    Event,
    name="intake.clearance.granted",
    aggregate="clearance",
    sensitivity=Sensitivity.CLINICAL,
):
    """A prescriber finds the patient medically fit for treatment."""

    patient_id: UUID
    episode_id: UUID
    clearance_id: UUID
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class FileAdded(Event, name="intake.file.added", aggregate="file"):
    """A file about a patient is kept: an ECG, a letter, a signed consent."""

    patient_id: UUID
    file_id: UUID
    kind: Code
