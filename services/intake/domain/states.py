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


class NotPausedError(ConflictError):
    """The episode does not pause."""

    code = "not_paused"


class Ending(StrEnum):
    """How an episode ends."""

    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    DECEASED = DECEASED


class EpisodeStatus(StrEnum):
    """How far an episode has come."""

    REGISTERED = "registered"
    IN_REVIEW = "in_review"
    DEFERRED = "deferred"
    INELIGIBLE = "ineligible"
    ELIGIBLE = "eligible"
    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    """The course is over; single doses follow."""
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    DECEASED = DECEASED
    CLOSED = "closed"
    """The patient was erased."""


ENDED = frozenset(EpisodeStatus(ending.value) for ending in Ending)
OPEN = (
    frozenset(EpisodeStatus) - {EpisodeStatus.INELIGIBLE, EpisodeStatus.CLOSED} - ENDED
)
DECIDABLE = frozenset({EpisodeStatus.IN_REVIEW, EpisodeStatus.DEFERRED})
