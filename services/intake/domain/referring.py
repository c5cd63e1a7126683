"""How far a referral has come, in words that tell a referrer no reason."""

from dataclasses import dataclass
from enum import StrEnum

from services.intake.domain.states import BEGINNING, ENDED, EpisodeStatus


class ReferralStatus(StrEnum):
    """How far a referral has come; why is not to be read from it."""

    RECEIVED = "received"
    IN_SCREENING = "in_screening"
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class ReferralProgress:
    """How far a referral has come, with the words of FHIR R4 for it.

    Source: FHIR R4, value sets request-status and task-status.
    """

    status: ReferralStatus
    service_request_status: str
    task_status: str


_ALL = {
    status: ReferralProgress(
        status=status, service_request_status=request, task_status=task
    )
    for status, request, task in (
        (ReferralStatus.RECEIVED, "active", "received"),
        (ReferralStatus.IN_SCREENING, "active", "received"),
        (ReferralStatus.ACCEPTED, "active", "accepted"),
        (ReferralStatus.NOT_ACCEPTED, "revoked", "rejected"),
        (ReferralStatus.CLOSED, "completed", "completed"),
    )
}
_OVER = ENDED | {EpisodeStatus.CLOSED}


def progress_of(
    status: EpisodeStatus, *, has_answers: bool, was_accepted: bool
) -> ReferralProgress:
    """What a referrer may know of an episode.

    A yes that lapsed, is reviewed or was taken back is not the referrer's business:
    once accepted, a referral is so until it is closed.

    Args:
        has_answers: whether anything was answered or measured yet.
        was_accepted: whether a prescriber ever said yes.
    """
    return _ALL[_status_of(status, has_answers, was_accepted)]


def _status_of(
    status: EpisodeStatus, has_answers: bool, was_accepted: bool
) -> ReferralStatus:
    if status in _OVER:
        return ReferralStatus.CLOSED
    if status is EpisodeStatus.INELIGIBLE:
        return ReferralStatus.CLOSED if was_accepted else ReferralStatus.NOT_ACCEPTED
    if was_accepted:
        return ReferralStatus.ACCEPTED
    if status in BEGINNING and not has_answers:
        return ReferralStatus.RECEIVED
    return ReferralStatus.IN_SCREENING
