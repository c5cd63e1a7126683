"""What is known of an episode of care, and what its state does not allow."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.intake.domain.decision import Decision
from services.intake.domain.states import (
    BEGINNING,
    ENDED,
    OPEN,
    EpisodeStatus,
    Stage,
    WrongStateError,
)
from shared.aggregate import Aggregate


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
class EpisodeRecord(Aggregate):
    """One patient's way from registration to treatment, as it stands.

    `eligible_until` is set while a prescriber's yes stands, also during a review that
    does not question it; `prepared_at` is when a first preparation took place. A pause
    (`paused_at`) and a crisis (`crisis_since`) keep doses away whatever the status is.
    `ready_since` is set while all that a first dose is booked on holds. `not_by` is who
    may not sign the next decision, because another opinion is asked for.
    """

    patient_id: UUID
    opened_at: datetime
    status: EpisodeStatus = EpisodeStatus.REGISTERED
    reminders: int = 0
    eligible_until: datetime | None = None
    ready_since: datetime | None = None
    crisis_since: datetime | None = None
    prepared_at: datetime | None = None
    paused_at: datetime | None = None
    pause_reason: str | None = None
    maintenance_since: datetime | None = None
    review_due_at: datetime | None = None
    appealed_at: datetime | None = None
    not_by: UUID | None = None
    ended_at: datetime | None = None
    screens: list[Screen] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    no_shows: list[NoShow] = field(default_factory=list)

    @property
    def stage(self) -> Stage:
        """Where it stands in one word: what keeps doses away outweighs the status."""
        return stage_of(
            self.status,
            in_crisis=self.crisis_since is not None,
            pauses=self.paused_at is not None,
            is_ready=self.ready_since is not None,
        )

    @property
    def is_eligible(self) -> bool:
        """Whether a prescriber's yes stands."""
        return self.eligible_until is not None

    @property
    def is_beginning(self) -> bool:
        """Whether forms are awaited."""
        return self.status in BEGINNING

    @property
    def is_open(self) -> bool:
        """Whether it has not come to its end."""
        return self.status in OPEN

    @property
    def is_followed(self) -> bool:
        """Whether its course is over and the patient is asked how it goes."""
        return is_followed(self.status, self.maintenance_since)

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

    def _demand(self, allowed: frozenset[EpisodeStatus]) -> None:
        if self.status not in allowed:
            raise WrongStateError(
                f"this cannot be done to an episode that is {self.status.value}",
                details={"state": self.status.value},
            )


def stage_of(
    status: EpisodeStatus, *, in_crisis: bool, pauses: bool, is_ready: bool
) -> Stage:
    """Where an episode stands in one word."""
    if status in ENDED | {EpisodeStatus.CLOSED, EpisodeStatus.INELIGIBLE}:
        return Stage(status.value)
    if in_crisis:
        return Stage.CRISIS_HOLD
    if pauses:
        return Stage.PAUSED
    if status is EpisodeStatus.ELIGIBLE:
        return Stage.READY_TO_START if is_ready else Stage.ONBOARDING
    return Stage(status.value)


def is_followed(status: EpisodeStatus, maintenance_since: datetime | None) -> bool:
    """Whether a course is over and the patient is asked how it goes."""
    if status is EpisodeStatus.COMPLETED:
        return True
    return maintenance_since is not None and status in OPEN
