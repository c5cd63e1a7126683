"""What is read of an episode of care."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select

from services.intake.domain import (
    OPEN,
    Clearance,
    Decision,
    EpisodeStatus,
    Stage,
    stage_of,
)
from services.intake.models import (
    clearances,
    consents,
    decisions,
    episodes,
    measures,
    no_shows,
    patients,
    safety_flags,
    screens,
)
from services.intake.queries.consent_documents import lasting_consent
from shared.reading import Reading, Row

_IS_CALM = (episodes.c.crisis_since.is_(None), episodes.c.paused_at.is_(None))
_AT: Mapping[Stage, tuple[ColumnElement[bool], ...]] = {
    **{
        Stage(status.value): (
            episodes.c.status == status,
            *(_IS_CALM if status in OPEN else ()),
        )
        for status in EpisodeStatus
        if status is not EpisodeStatus.ELIGIBLE
    },
    Stage.ONBOARDING: (
        episodes.c.status == EpisodeStatus.ELIGIBLE,
        episodes.c.ready_since.is_(None),
        *_IS_CALM,
    ),
    Stage.READY_TO_START: (
        episodes.c.status == EpisodeStatus.ELIGIBLE,
        episodes.c.ready_since.is_not(None),
        *_IS_CALM,
    ),
    Stage.PAUSED: (
        episodes.c.status.in_(OPEN),
        episodes.c.crisis_since.is_(None),
        episodes.c.paused_at.is_not(None),
    ),
    Stage.CRISIS_HOLD: (
        episodes.c.status.in_(OPEN),
        episodes.c.crisis_since.is_not(None),
    ),
}
"""What each stage means to the table; `stage_of` says the same of a row."""


def episode(reading: Reading, episode_id: UUID, now: datetime) -> Row:
    """An episode with everything that was answered, decided and signed on it.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    query = (
        reading.select(episodes, *episodes.c, patients.c.birth_date)
        .join(patients, patients.c.id == episodes.c.patient_id)
        .where(episodes.c.id == episode_id)
    )
    row = reading.one(query, "episode")
    flags = _of_episode(reading, safety_flags, episode_id)
    latest = _of_episode(reading, screens, episode_id)[:1]
    missed = select(func.count()).where(no_shows.c.episode_id == episode_id)
    return {
        **_staged(row),
        "no_shows": reading.connection.execute(missed).scalar_one(),
        "screen": latest[0] if latest else None,
        "measures": _of_episode(reading, measures, episode_id),
        "safety_flags": [flag for flag in flags if flag["cleared_at"] is None],
        "consents": [
            lasting_consent(one, now)
            for one in _of_episode(reading, consents, episode_id)
        ],
        "clearances": [
            _lasting(one, now) for one in _of_episode(reading, clearances, episode_id)
        ],
        "decisions": [
            {**one, "is_intact": Decision(**one).is_intact}
            for one in _of_episode(reading, decisions, episode_id)
        ],
    }


def page_of_episodes(
    reading: Reading, *, stage: Stage | None, limit: int, after: UUID | None
) -> Row:
    """Episodes with the names of their patients, newest first."""
    query = (
        reading.select(
            episodes, *episodes.c, patients.c.given_name, patients.c.family_name
        )
        .join(patients, patients.c.id == episodes.c.patient_id)
        .order_by(episodes.c.id.desc())
        .limit(limit + 1)
    )
    if stage is not None:
        query = query.where(*_AT[stage])
    if after is not None:
        query = query.where(episodes.c.id < after)
    rows = [_staged(row) for row in reading.rows(query)]
    more = len(rows) > limit
    return {"items": rows[:limit], "next": rows[limit - 1]["id"] if more else None}


def screening_at(reading: Reading, episode_id: UUID, at: datetime) -> Row:
    """What was known of an episode at a moment, as far as a verdict rests on it.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    query = (
        reading.select(episodes, episodes.c.id, patients.c.birth_date)
        .join(patients, patients.c.id == episodes.c.patient_id)
        .where(episodes.c.id == episode_id)
    )
    row = reading.one(query, "episode")
    latest = (
        reading.select(screens)
        .where(screens.c.episode_id == episode_id, screens.c.recorded_at <= at)
        .order_by(screens.c.id.desc())
    )
    answered = reading.select(measures, measures.c.instrument, measures.c.context)
    of_then = answered.where(
        measures.c.episode_id == episode_id, measures.c.recorded_at <= at
    )
    found = reading.rows(latest.limit(1))
    return {
        **row,
        "screen": found[0] if found else None,
        "measures": reading.rows(of_then),
    }


def measure(reading: Reading, episode_id: UUID, measure_id: UUID) -> Row:
    """The answers to a questionnaire, and what they come to.

    Raises:
        NotFoundError: there are none in this episode.
    """
    query = reading.select(measures).where(
        measures.c.id == measure_id, measures.c.episode_id == episode_id
    )
    return reading.one(query, "measure")


def open_flags(reading: Reading) -> list[Row]:
    """Safety flags nobody has cleared, the most urgent first."""
    return reading.rows(
        reading.select(safety_flags)
        .where(safety_flags.c.cleared_at.is_(None))
        .order_by(safety_flags.c.due_at, safety_flags.c.id)
    )


def _staged(row: Row) -> Row:
    """An episode's row, and where it stands in one word."""
    stage = stage_of(
        row["status"],
        in_crisis=row["crisis_since"] is not None,
        pauses=row["paused_at"] is not None,
        is_ready=row["ready_since"] is not None,
    )
    return {**row, "stage": stage}


def _of_episode(reading: Reading, table: Table, episode_id: UUID) -> list[Row]:
    """An episode's rows of a table, newest first; ids ascend with time."""
    return reading.rows(
        reading.select(table)
        .where(table.c.episode_id == episode_id)
        .order_by(table.c.id.desc())
    )


def _lasting(row: Row, now: datetime) -> Row:
    """A clearance, and whether it holds now."""
    return {**row, "holds": Clearance(**row).holds(now)}
