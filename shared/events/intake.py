"""What the intake service tells: from first contact to "may be treated"."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event, Sensitivity, Zone


@dataclass(frozen=True, kw_only=True)
class ReferralReceived(Event, name="intake.referral.received", aggregate="referral"):
    """Somebody outside asks for a patient to be seen."""

    referral_id: UUID
    patient_id: UUID
    source_type: Code


@dataclass(frozen=True, kw_only=True)
class PatientRegistered(Event, name="intake.patient.registered", aggregate="patient"):
    """A patient is known to a clinic, and an episode of care is open."""

    patient_id: UUID
    episode_id: UUID
    time_zone: Zone
    channel: Code


@dataclass(frozen=True, kw_only=True)
class PatientChanged(Event, name="intake.patient.changed", aggregate="patient"):
    """How a patient is reached has changed; what it says counts now."""

    patient_id: UUID
    time_zone: Zone
    channel: Code


@dataclass(frozen=True, kw_only=True)
class PatientErased(Event, name="intake.patient.erased", aggregate="patient"):
    """Nobody can tell any more who a patient was; the records stay, without a name."""

    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class MeasureRecorded(
    Event,
    name="intake.measure.recorded",
    aggregate="measure",
    sensitivity=Sensitivity.CLINICAL,
):
    """A questionnaire was answered; `alert` says an answer needs a clinician now."""

    patient_id: UUID
    episode_id: UUID
    response_id: UUID
    instrument: Code
    context: Code
    alert: bool


@dataclass(frozen=True, kw_only=True)
class SafetyFlagged(
    Event,
    name="intake.safety.flagged",
    aggregate="safety_flag",
    sensitivity=Sensitivity.BEHAVIOURAL_HEALTH,
):
    """An answer asks for a clinician before `due_at`; no dose until it is cleared."""

    patient_id: UUID
    episode_id: UUID
    flag_id: UUID
    level: Code
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class SafetyEscalated(
    Event,
    name="intake.safety.escalated",
    aggregate="safety_flag",
    sensitivity=Sensitivity.BEHAVIOURAL_HEALTH,
):
    """Nobody saw to a flag in time; the next role is asked, until `due_at`."""

    patient_id: UUID
    episode_id: UUID
    flag_id: UUID
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class SafetyCleared(
    Event,
    name="intake.safety.cleared",
    aggregate="safety_flag",
    sensitivity=Sensitivity.BEHAVIOURAL_HEALTH,
):
    """A clinician has seen to a safety flag."""

    patient_id: UUID
    episode_id: UUID
    flag_id: UUID


@dataclass(frozen=True, kw_only=True)
class ScreeningCompleted(
    Event,
    name="intake.screening.completed",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """Every form the screening asks for is in."""

    patient_id: UUID
    episode_id: UUID
    forms: tuple[Code, ...]


@dataclass(frozen=True, kw_only=True)
class ReviewRequested(Event, name="intake.review.requested", aggregate="episode"):
    """A prescriber is asked to decide on an episode before `due_at`."""

    patient_id: UUID
    episode_id: UUID
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class PatientEligible(
    Event,
    name="intake.patient.eligible",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """A prescriber signed that the patient may be treated."""

    patient_id: UUID
    episode_id: UUID
    rule_pack: Code
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class EligibilityDeferred(
    Event,
    name="intake.eligibility.deferred",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """The decision waits for what is missing."""

    patient_id: UUID
    episode_id: UUID
    missing: tuple[Code, ...]


@dataclass(frozen=True, kw_only=True)
class PatientIneligible(
    Event,
    name="intake.patient.ineligible",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """A prescriber signed that the patient may not be treated; reasons are coarse."""

    patient_id: UUID
    episode_id: UUID
    reason_codes: tuple[Code, ...]


@dataclass(frozen=True, kw_only=True)
class EligibilityLapsed(
    Event,
    name="intake.eligibility.lapsed",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """What eligibility rested on no longer holds; `cause_code` is coarse."""

    patient_id: UUID
    episode_id: UUID
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class EpisodeActivated(
    Event,
    name="intake.episode.activated",
    aggregate="episode",
    sensitivity=Sensitivity.ROUTINE,
):
    """Treatment has begun: a first preparation took place."""

    patient_id: UUID
    episode_id: UUID


@dataclass(frozen=True, kw_only=True)
class EpisodePaused(
    Event,
    name="intake.episode.paused",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """No dose until the episode goes on; `reason_code` is coarse."""

    patient_id: UUID
    episode_id: UUID
    reason_code: Code


@dataclass(frozen=True, kw_only=True)
class EpisodeResumed(
    Event,
    name="intake.episode.resumed",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """A pause is over."""

    patient_id: UUID
    episode_id: UUID


@dataclass(frozen=True, kw_only=True)
class EpisodeMaintenanceStarted(
    Event,
    name="intake.episode.maintenance_started",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """Single doses follow the course; a prescriber looks again at `review_due_at`."""

    patient_id: UUID
    episode_id: UUID
    review_due_at: datetime


DECEASED = "deceased"
"""The outcome of an episode whose patient died: nobody is written to any more."""


@dataclass(frozen=True, kw_only=True)
class EpisodeClosed(
    Event,
    name="intake.episode.closed",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """The episode is over: completed, withdrawn or deceased; nothing rests on it."""

    patient_id: UUID
    episode_id: UUID
    outcome: Code
    reason_code: Code


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
class RulePackSigned(Event, name="intake.rule_pack.signed", aggregate="rule_pack"):
    """The medical lead signed a rule pack; the clinic works by it from a time on."""

    pack_id: UUID
    rule_pack: Code
    digest: Code
    effective_at: datetime


@dataclass(frozen=True, kw_only=True)
class GlassBroken(
    Event,
    name="intake.access.break_glass_used",
    aggregate="emergency_grant",
    sensitivity=Sensitivity.CLINICAL,
):
    """Somebody opened a patient's record in an emergency, until `until`."""

    patient_id: UUID
    grant_id: UUID
    person_id: UUID
    until: datetime


@dataclass(frozen=True, kw_only=True)
class IntakeAuditAnchored(Event, name="intake.audit.anchored", aggregate="audit_chain"):
    """How far intake's audit trail of a clinic goes, and its last seal."""

    position: int
    seal: Code
