"""An episode of care: how far a patient has come on the way to treatment."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.intake.domain.decision import Assessment, Decision, DecisionKind
from services.intake.domain.states import (
    DECIDABLE,
    OPEN,
    AlreadyPausedError,
    Ending,
    EpisodeStatus,
    EpisodeUnderWayError,
    NotPausedError,
    WrongStateError,
)
from shared.aggregate import Aggregate
from shared.events.intake import (
    EligibilityDeferred,
    EligibilityLapsed,
    EpisodeActivated,
    EpisodeClosed,
    EpisodeMaintenanceStarted,
    EpisodePaused,
    EpisodeResumed,
    PatientEligible,
    PatientIneligible,
    ReviewRequested,
    ScreeningCompleted,
)

REVIEW_WITHIN = timedelta(hours=48)
"""How soon a prescriber decides once asked. Source: project default."""

NO_SHOWS_BEFORE_REVIEW = 2
"""From this missed dose on, each asks for a review. Source: project default."""

SAFETY_SCREEN = "safety_screen"

News = tuple[ScreeningCompleted | ReviewRequested | EligibilityLapsed, ...]


@dataclass(kw_only=True, eq=False)
class Screen:
    """The answers of a safety screen; the latest of an episode counts."""

    id: UUID
    clinic_id: UUID
    episode_id: UUID
    answers: dict[str, bool | float]
    recorded_by: UUID
    recorded_at: datetime


@dataclass(kw_only=True, eq=False)
class NoShow:
    """A dose the patient did not come for; `id` is the appointment's."""

    id: UUID
    clinic_id: UUID
    episode_id: UUID
    noted_at: datetime


@dataclass(kw_only=True, eq=False)
class Episode(Aggregate):
    """One patient's way from registration to treatment.

    `eligible_until` is set while a prescriber's yes stands, also during a review that
    does not question it; `prepared_at` is when a first preparation took place. A pause
    (`paused_at`) keeps doses away whatever the status is.
    """

    patient_id: UUID
    opened_at: datetime
    status: EpisodeStatus = EpisodeStatus.REGISTERED
    eligible_until: datetime | None = None
    prepared_at: datetime | None = None
    paused_at: datetime | None = None
    pause_reason: str | None = None
    maintenance_since: datetime | None = None
    review_due_at: datetime | None = None
    ended_at: datetime | None = None
    screens: list[Screen] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    no_shows: list[NoShow] = field(default_factory=list)

    @property
    def is_eligible(self) -> bool:
        """Whether a prescriber's yes stands."""
        return self.eligible_until is not None

    @property
    def screen(self) -> Screen | None:
        """The safety screen that counts."""
        return self.screens[-1] if self.screens else None

    @property
    def latest_decision(self) -> Decision | None:
        """The decision that counts."""
        return self.decisions[-1] if self.decisions else None

    @property
    def screen_decided_on(self) -> Screen | None:
        """The safety screen the latest decision rests on."""
        decision = self.latest_decision
        rests_on = decision.screen_id if decision else None
        return next((one for one in self.screens if one.id == rests_on), None)

    def demand_open(self) -> None:
        """Refuse anything new on an episode that has come to its end.

        Raises:
            WrongStateError: the patient may not be treated.
        """
        self._demand(OPEN)

    def demand_answerable(self, *, is_follow_up: bool) -> None:
        """Refuse answers once the episode has ended, but for those asked for later.

        Raises:
            WrongStateError: the episode is at its end.
        """
        self._demand(OPEN | {EpisodeStatus.COMPLETED} if is_follow_up else OPEN)

    def close(self) -> None:
        """Nothing more happens: who the patient was is about to be forgotten.

        Raises:
            EpisodeUnderWayError: a prescriber's yes stands.
        """
        if self.is_eligible:
            raise EpisodeUnderWayError
        self.version += 1
        self.status = EpisodeStatus.CLOSED

    def take_in(
        self, forms: set[str], *, wanted: tuple[str, ...], at: datetime
    ) -> News:
        """New answers are there; the events say what they lead to, if anything.

        Args:
            forms: the questionnaires answered at intake so far.
            wanted: those the screening cannot do without.
        """
        if self.status is EpisodeStatus.DEFERRED:
            return (self._review(at),)
        is_complete = self.screens and forms.issuperset(wanted)
        if self.status is not EpisodeStatus.REGISTERED or not is_complete:
            return ()
        completed = ScreeningCompleted(
            patient_id=self.patient_id,
            episode_id=self.id,
            forms=(*wanted, SAFETY_SCREEN),
        )
        return (completed, self._review(at))

    def decide(
        self, decision: Decision, assessment: Assessment, *, told: tuple[str, ...]
    ) -> PatientEligible | PatientIneligible | EligibilityDeferred:
        """A prescriber signs.

        Args:
            told: what may be said outside of the reasons, or of what is missing.

        Raises:
            WrongStateError: nothing is to be decided.
            InvalidError: a no without a reason, or a wait for nothing.
            ConflictError: a yes that may not be given; see `Assessment`.
        """
        self._demand(DECIDABLE)
        decision.demand_reasoned()
        if decision.kind is DecisionKind.ELIGIBLE:
            assessment.demand_treatable(decision.override_reason)
        decision.sign()
        self.decisions.append(decision)
        self.status = self._status_after(decision.kind)
        self.eligible_until = decision.valid_until
        if decision.valid_until is not None:
            return PatientEligible(
                patient_id=self.patient_id,
                episode_id=self.id,
                rule_pack=decision.rule_pack,
                valid_until=decision.valid_until,
            )
        if decision.kind is DecisionKind.INELIGIBLE:
            return PatientIneligible(
                patient_id=self.patient_id, episode_id=self.id, reason_codes=told
            )
        return EligibilityDeferred(
            patient_id=self.patient_id, episode_id=self.id, missing=told
        )

    def lapse(self, cause_code: str, *, at: datetime) -> News:
        """The prescriber's yes no longer stands; a new decision is asked for.

        Raises:
            WrongStateError: there is none that stands.
        """
        if not self.is_eligible:
            raise WrongStateError(details={"state": self.status.value})
        self.eligible_until = None
        lapsed = EligibilityLapsed(
            patient_id=self.patient_id, episode_id=self.id, cause_code=cause_code
        )
        return (lapsed, self._review(at))

    def note_no_show(self, appointment_id: UUID, *, at: datetime) -> News:
        """The patient did not come for a dose; the second time asks for a review."""
        if any(one.id == appointment_id for one in self.no_shows):
            return ()
        self.no_shows.append(
            NoShow(
                id=appointment_id,
                clinic_id=self.clinic_id,
                episode_id=self.id,
                noted_at=at,
            )
        )
        is_often = len(self.no_shows) >= NO_SHOWS_BEFORE_REVIEW
        is_screened = self.status in OPEN - {EpisodeStatus.REGISTERED}
        return (self._review(at),) if is_often and is_screened else ()

    def note_preparation(self, *, at: datetime) -> tuple[EpisodeActivated, ...]:
        """A preparation took place; with a yes that stands, treatment has begun."""
        self.prepared_at = self.prepared_at or at
        if self.status is not EpisodeStatus.ELIGIBLE:
            return ()
        self.status = EpisodeStatus.ACTIVE
        return (EpisodeActivated(patient_id=self.patient_id, episode_id=self.id),)

    def pause(self, reason_code: str, *, at: datetime) -> EpisodePaused:
        """No dose until it goes on; a yes that stands keeps standing.

        Raises:
            WrongStateError: the episode is at its end.
            AlreadyPausedError: it pauses already.
        """
        self._demand(OPEN)
        if self.paused_at is not None:
            raise AlreadyPausedError
        self.paused_at, self.pause_reason = at, reason_code
        return EpisodePaused(
            patient_id=self.patient_id, episode_id=self.id, reason_code=reason_code
        )

    def resume(self) -> EpisodeResumed:
        """The pause is over.

        Raises:
            NotPausedError: there was none.
        """
        if self.paused_at is None:
            raise NotPausedError
        self.paused_at = self.pause_reason = None
        return EpisodeResumed(patient_id=self.patient_id, episode_id=self.id)

    def maintain(
        self, *, review_due_at: datetime, at: datetime
    ) -> EpisodeMaintenanceStarted:
        """The course is over; single doses follow until a prescriber looks again.

        Raises:
            WrongStateError: treatment has not begun.
        """
        self._demand(frozenset({EpisodeStatus.ACTIVE, EpisodeStatus.MAINTENANCE}))
        self.status = EpisodeStatus.MAINTENANCE
        self.maintenance_since = self.maintenance_since or at
        self.review_due_at = review_due_at
        return EpisodeMaintenanceStarted(
            patient_id=self.patient_id,
            episode_id=self.id,
            review_due_at=review_due_at,
        )

    def review_maintenance(self, *, at: datetime) -> News:
        """Ask for a review if its date has come, and only then."""
        is_due = self.review_due_at is not None and self.review_due_at <= at
        if not is_due or self.status is not EpisodeStatus.MAINTENANCE:
            return ()
        return (self._review(at),)

    def end(self, ending: Ending, reason_code: str, *, at: datetime) -> EpisodeClosed:
        """The episode is over; no dose rests on it any more.

        Raises:
            WrongStateError: it is at its end, or completed before treatment began.
        """
        self._demand(OPEN | {EpisodeStatus.INELIGIBLE})
        if ending is Ending.COMPLETED and self.prepared_at is None:
            raise WrongStateError(details={"state": self.status.value})
        self.status = EpisodeStatus(ending.value)
        self.ended_at = at
        self.eligible_until = self.paused_at = self.pause_reason = None
        return EpisodeClosed(
            patient_id=self.patient_id,
            episode_id=self.id,
            outcome=ending.value,
            reason_code=reason_code,
        )

    def _status_after(self, kind: DecisionKind) -> EpisodeStatus:
        if kind is DecisionKind.ELIGIBLE and self.maintenance_since is not None:
            return EpisodeStatus.MAINTENANCE
        if kind is DecisionKind.ELIGIBLE and self.prepared_at is not None:
            return EpisodeStatus.ACTIVE
        return EpisodeStatus(kind.value)

    def _review(self, at: datetime) -> ReviewRequested:
        self._demand(OPEN)
        self.status = EpisodeStatus.IN_REVIEW
        return ReviewRequested(
            patient_id=self.patient_id, episode_id=self.id, due_at=at + REVIEW_WITHIN
        )

    def _demand(self, allowed: frozenset[EpisodeStatus]) -> None:
        if self.status not in allowed:
            raise WrongStateError(
                f"this cannot be done to an episode that is {self.status.value}",
                details={"state": self.status.value},
            )
