"""An episode of care: how far a patient has come on the way to treatment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from services.intake.domain.decision import Assessment, Decision, DecisionKind
from services.intake.domain.episode_record import EpisodeRecord, NoShow
from services.intake.domain.states import (
    BEGINNING,
    DECIDABLE,
    OPEN,
    AlreadyPausedError,
    AnotherMustDecideError,
    Ending,
    EpisodeStatus,
    EpisodeUnderWayError,
    NotPausedError,
    WrongStateError,
)
from shared.events.intake import (
    AppealLodged,
    EligibilityDeferred,
    EligibilityLapsed,
    EpisodeActivated,
    EpisodeClosed,
    EpisodeMaintenanceStarted,
    EpisodePaused,
    EpisodeResumed,
    FollowUpFellDue,
    PatientEligible,
    PatientIneligible,
    ReadinessLost,
    ReadinessReached,
    ReviewRequested,
    ScreeningCompleted,
    ScreeningFellBehind,
    ScreeningStalled,
    ScreeningStarted,
)

REVIEW_WITHIN = timedelta(hours=48)
"""How soon a prescriber decides once asked. Source: project default."""

NO_SHOWS_BEFORE_REVIEW = 2
"""From this missed dose on, each asks for a review. Source: project default."""

REMINDED_AFTER = (timedelta(days=2), timedelta(days=5), timedelta(days=10))
"""When a patient is reminded of missing forms. Source: project default."""

SAFETY_SCREEN = "safety_screen"

News = tuple[
    ScreeningStarted | ScreeningCompleted | ReviewRequested | EligibilityLapsed, ...
]


@dataclass(kw_only=True, eq=False)
class Episode(EpisodeRecord):
    """The moves of an episode; each tells what happened, and refuses what may not."""

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
        if self.status not in BEGINNING or not (forms or self.screens):
            return ()
        news: News = ()
        if self.status is EpisodeStatus.REGISTERED:
            self.status = EpisodeStatus.SCREENING
            news = (ScreeningStarted(patient_id=self.patient_id, episode_id=self.id),)
        if not self.screens or not forms.issuperset(wanted):
            return news
        completed = ScreeningCompleted(
            patient_id=self.patient_id,
            episode_id=self.id,
            forms=(*wanted, SAFETY_SCREEN),
        )
        return (*news, completed, self._review(at))

    def remind(self) -> tuple[ScreeningFellBehind | ScreeningStalled, ...]:
        """Forms are still missing on a day for reminders; nothing if none is.

        The last reminder also asks somebody to call.
        """
        if self.status not in BEGINNING or self.reminders >= len(REMINDED_AFTER):
            return ()
        days = REMINDED_AFTER[self.reminders].days
        self.reminders += 1
        behind = ScreeningFellBehind(
            patient_id=self.patient_id, episode_id=self.id, days=days
        )
        if self.reminders < len(REMINDED_AFTER):
            return (behind,)
        stalled = ScreeningStalled(patient_id=self.patient_id, episode_id=self.id)
        return (behind, stalled)

    def decide(
        self, decision: Decision, assessment: Assessment, *, told: tuple[str, ...]
    ) -> PatientEligible | PatientIneligible | EligibilityDeferred:
        """A prescriber signs.

        Args:
            told: what may be said outside of the reasons, or of what is missing.

        Raises:
            WrongStateError: nothing is to be decided.
            AnotherMustDecideError: another opinion than the signer's is asked for.
            InvalidError: a no without a reason, or a wait for nothing.
            ConflictError: a yes that may not be given; see `Assessment`.
        """
        self._demand(DECIDABLE)
        if decision.signed_by == self.not_by:
            raise AnotherMustDecideError
        decision.demand_reasoned()
        if decision.kind is DecisionKind.ELIGIBLE:
            assessment.demand_treatable(decision.override_reason)
        decision.sign()
        self.decisions.append(decision)
        self.status = self._status_after(decision.kind)
        self.eligible_until, self.not_by = decision.valid_until, None
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
            patient_id=self.patient_id,
            episode_id=self.id,
            missing=told,
            due_at=decision.due_at,
        )

    def ask_another(self, *, by: UUID, at: datetime) -> ReviewRequested:
        """Whoever should decide wants a second opinion: somebody else decides.

        Raises:
            WrongStateError: nothing is to be decided.
        """
        self._demand(DECIDABLE)
        self.not_by = by
        return self._review(at)

    def appeal(self, *, at: datetime) -> tuple[AppealLodged, ReviewRequested]:
        """The patient does not accept a no: somebody else than its signer decides.

        Raises:
            WrongStateError: nobody said no.
        """
        self._demand(frozenset({EpisodeStatus.INELIGIBLE}))
        self.appealed_at = at
        self.not_by = self.decisions[-1].signed_by
        self.status = EpisodeStatus.IN_REVIEW
        lodged = AppealLodged(patient_id=self.patient_id, episode_id=self.id)
        return (lodged, self._review(at))

    def review_deferred(self, *, at: datetime) -> News:
        """Ask for a review once what was waited for is due, and only then."""
        decision = self.latest_decision
        due_at = decision.due_at if decision else None
        is_due = due_at is not None and due_at <= at
        if self.status is not EpisodeStatus.DEFERRED or not is_due:
            return ()
        return (self._review(at),)

    def note_readiness(
        self, missing: tuple[str, ...], *, at: datetime
    ) -> tuple[ReadinessReached | ReadinessLost, ...]:
        """What a first dose is booked on changed; told if it makes a difference.

        Args:
            missing: the facts that do not hold.
        """
        if bool(missing) is (self.ready_since is None):
            return ()
        if missing:
            self.ready_since = None
            return (
                ReadinessLost(
                    patient_id=self.patient_id, episode_id=self.id, missing=missing
                ),
            )
        self.ready_since = at
        return (ReadinessReached(patient_id=self.patient_id, episode_id=self.id),)

    def note_crisis(self, since: datetime | None) -> None:
        """A flag of high risk is open, or none is any more; the flag's events tell."""
        self.crisis_since = since and (self.crisis_since or since)

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
        is_screened = self.status in OPEN - BEGINNING
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

    def follow_up(self, window: str, *, until: datetime) -> FollowUpFellDue:
        """The patient is asked how it goes, some time after the course."""
        return FollowUpFellDue(
            follow_up_id=uuid5(self.id, window),
            patient_id=self.patient_id,
            episode_id=self.id,
            window=window,
            until=until,
        )

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
        self.eligible_until = self.ready_since = self.crisis_since = None
        self.paused_at = self.pause_reason = None
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
