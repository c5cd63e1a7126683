"""What is read of how far a referral has come."""

from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_

from services.intake.domain import (
    DecisionKind,
    progress_of,
)
from services.intake.models import (
    decisions,
    episodes,
    measures,
    patients,
    referrals,
    screens,
)
from shared.access import DESK
from shared.reading import Reading, Row


def referral(reading: Reading, referral_id: UUID) -> Row:
    """How far a referral has come that the caller may ask about.

    Raises:
        NotFoundError: there is none in this clinic, or somebody else sent it.
    """
    query = _referrals(reading).where(referrals.c.id == referral_id)
    return _progress(reading.one(query, "referral"))


def referral_at(reading: Reading, index: str) -> Row:
    """How far the referral of an identifier has come, by the index of that.

    Raises:
        NotFoundError: there is none in this clinic, or somebody else sent it.
    """
    query = _referrals(reading).where(referrals.c.identifier_index == index)
    return _progress(reading.one(query, "referral"))


def _referrals(reading: Reading) -> Any:
    """Referrals with what tells how far they have come.

    The desk knows who came; others know only of what they sent themselves.
    """
    same = episodes.c.id
    said_yes = decisions.c.kind == DecisionKind.ELIGIBLE
    query = (
        reading.select(
            referrals,
            referrals.c.id.label("referral_id"),
            referrals.c.patient_id,
            referrals.c.received_at,
            episodes.c.status,
            or_(
                exists().where(measures.c.episode_id == same),
                exists().where(screens.c.episode_id == same),
            ).label("has_answers"),
            exists()
            .where(decisions.c.episode_id == same, said_yes)
            .label("was_accepted"),
        )
        .join(patients, patients.c.id == referrals.c.patient_id)
        .join(episodes, episodes.c.id == patients.c.episode_id)
    )
    if reading.context.roles & DESK:
        return query
    return query.where(referrals.c.sent_by == reading.context.actor.id)


def _progress(row: Row) -> Row:
    progress = progress_of(
        row["status"],
        has_answers=bool(row["has_answers"]),
        was_accepted=bool(row["was_accepted"]),
    )
    return {**row, **vars(progress)}
