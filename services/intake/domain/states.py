"""How far an episode can have come, and what a state does not allow."""

from enum import StrEnum

from shared.errors import ConflictError
from shared.events.intake import DECEASED


class WrongStateError(ConflictError):
    """The episode's present state does not allow this."""

    code = "wrong_state"


class EpisodeUnderWayError(ConflictError):
    """The patient may be treated; a prescriber ends that first."""

    code = "episode_under_way"


class AlreadyPausedError(ConflictError):
    """The episode pauses already."""

    code = "already_paused"


class AnotherMustDecideError(ConflictError):
    """Another opinion is asked for: somebody else has to sign this decision."""

    code = "another_must_decide"


class NotPausedError(ConflictError):
    """The episode does not pause."""

    code = "not_paused"


class Ending(StrEnum):
    """How an episode ends."""

    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"
    """The patient goes on at another clinic."""
    DECEASED = DECEASED


class EpisodeStatus(StrEnum):
    """How far an episode has come."""

    REGISTERED = "registered"
    SCREENING = "screening"
    """Some forms are answered, others still missing."""
    IN_REVIEW = "in_review"
    DEFERRED = "deferred"
    INELIGIBLE = "ineligible"
    ELIGIBLE = "eligible"
    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    """The course is over; single doses follow."""
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"
    DECEASED = DECEASED
    CLOSED = "closed"
    """The patient was erased."""


ENDED = frozenset(EpisodeStatus(ending.value) for ending in Ending)
OPEN = (
    frozenset(EpisodeStatus) - {EpisodeStatus.INELIGIBLE, EpisodeStatus.CLOSED} - ENDED
)
BEGINNING = frozenset({EpisodeStatus.REGISTERED, EpisodeStatus.SCREENING})
"""Forms are awaited."""
DECIDABLE = frozenset({EpisodeStatus.IN_REVIEW, EpisodeStatus.DEFERRED})


class Stage(StrEnum):
    """Where an episode stands in one word, for whoever looks at a list."""

    REGISTERED = "registered"
    SCREENING = "screening"
    IN_REVIEW = "in_review"
    DEFERRED = "deferred"
    INELIGIBLE = "ineligible"
    ONBOARDING = "onboarding"
    """Eligible; consents or the clearance are not all there."""
    READY_TO_START = "ready_to_start"
    ACTIVE = "active"
    PAUSED = "paused"
    CRISIS_HOLD = "crisis_hold"
    """A safety flag of high risk is open; only a clinician clears it."""
    MAINTENANCE = "maintenance"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"
    DECEASED = DECEASED
    CLOSED = "closed"
