"""What intake tells of an episode of care: answered, decided, consented, cleared."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event, Sensitivity


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
class ScreeningStarted(Event, name="intake.screening.started", aggregate="episode"):
    """The first form of a screening was answered."""

    patient_id: UUID
    episode_id: UUID


@dataclass(frozen=True, kw_only=True)
class ScreeningFellBehind(
    Event, name="intake.screening.fell_behind", aggregate="episode"
):
    """Forms are still missing so many days after the episode was opened."""

    patient_id: UUID
    episode_id: UUID
    days: int


@dataclass(frozen=True, kw_only=True)
class ScreeningStalled(Event, name="intake.screening.stalled", aggregate="episode"):
    """The last reminder is out and forms are still missing: somebody should call."""

    patient_id: UUID
    episode_id: UUID


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
    """The decision waits for what is missing, until `due_at`."""

    patient_id: UUID
    episode_id: UUID
    missing: tuple[Code, ...]
    due_at: datetime | None = None


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
class AppealLodged(
    Event,
    name="intake.appeal.lodged",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """A patient does not accept a no; another prescriber is asked."""

    patient_id: UUID
    episode_id: UUID


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
class ReadinessReached(Event, name="intake.readiness.reached", aggregate="episode"):
    """All that a first dose is booked on holds, as far as intake knows it."""

    patient_id: UUID
    episode_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReadinessLost(Event, name="intake.readiness.lost", aggregate="episode"):
    """Something that a dose is booked on no longer holds; `missing` names the facts."""

    patient_id: UUID
    episode_id: UUID
    missing: tuple[Code, ...]


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


@dataclass(frozen=True, kw_only=True)
class FollowUpFellDue(
    Event,
    name="intake.follow_up.fell_due",
    aggregate="episode",
    sensitivity=Sensitivity.CLINICAL,
):
    """Some time after a course, its patient is asked again; answers count `until`."""

    follow_up_id: UUID
    patient_id: UUID
    episode_id: UUID
    window: Code
    until: datetime


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
