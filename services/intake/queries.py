"""What screens and lists read of intake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, and_, exists, false, func, or_, select

from services.intake.domain import (
    INDEX_OF,
    Channel,
    CodingKind,
    Decision,
    DecisionKind,
    EpisodeStatus,
    Likeness,
    Questionnaire,
    progress_of,
)
from services.intake.models import (
    clearances,
    codings,
    consents,
    coverages,
    decisions,
    distinctions,
    episodes,
    measures,
    no_shows,
    patients,
    questionnaires,
    referrals,
    safety_flags,
    screens,
)
from shared.access import DESK
from shared.instruments import INSTRUMENTS, Instrument
from shared.reading import Reading

Row = Mapping[str, Any]

MOST_FOUND = 100


def page_of_patients(reading: Reading, *, limit: int, after: UUID | None) -> Row:
    """A clinic's patients with the status of their episode, newest first."""
    query = _patients(reading).order_by(patients.c.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(patients.c.id < after)
    rows = reading.rows(query)
    more = len(rows) > limit
    return {"items": rows[:limit], "next": rows[limit - 1]["id"] if more else None}


def patients_at(reading: Reading, indexes: Mapping[str, str]) -> Row:
    """The patients who are under one of these indexes, newest first."""
    under = [patients.c[column] == index for column, index in indexes.items()]
    query = _patients(reading).where(or_(false(), *under))
    rows = reading.rows(query.order_by(patients.c.id.desc()).limit(MOST_FOUND))
    return {"items": rows, "next": None}


def patient(reading: Reading, patient_id: UUID) -> Row:
    """A patient, with all that came along with referrals.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    row = reading.one(_patients(reading).where(patients.c.id == patient_id), "patient")
    came = reading.rows(
        reading.select(referrals)
        .where(referrals.c.patient_id == patient_id)
        .order_by(referrals.c.id)
    )
    ids = [referral["id"] for referral in came]
    coded = _parts(reading, codings, ids)
    return {
        **row,
        "referrals": came,
        "conditions": [one for one in coded if one["kind"] is CodingKind.CONDITION],
        "medications": [one for one in coded if one["kind"] is CodingKind.MEDICATION],
        "coverages": _parts(reading, coverages, ids),
    }


def duplicates(reading: Reading) -> list[Row]:
    """Pairs of patients who may be one, those with the newest patient first.

    Nobody has said yet that they are two; who was erased is like nobody.
    """
    return [
        {
            "patients": [
                {"patient_id": row["id"], "registered_at": row["registered_at"]},
                {"patient_id": row["other_id"], "registered_at": row["other_at"]},
            ],
            "in_common": [kind for kind in Likeness if row[kind.value]],
        }
        for row in reading.rows(_alike(reading).limit(MOST_FOUND))
    ]


def duplicates_of(reading: Reading, patient_id: UUID) -> list[UUID]:
    """Who was registered before and may be the same person, newest first."""
    query = _alike(reading).where(patients.c.id == patient_id).limit(MOST_FOUND)
    return [row["other_id"] for row in reading.rows(query)]


def contact(reading: Reading, patient_id: UUID) -> Row:
    """How a patient is reached; the address only if mail is wanted.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    query = _patients(reading).where(patients.c.id == patient_id)
    row = reading.one(query, "patient")
    # Nobody writes to the dead, whatever was wanted or is changed afterwards.
    has_died = row["status"] is EpisodeStatus.DECEASED
    channel = Channel.NONE if has_died else row["channel"]
    email = row["email"] if channel is Channel.EMAIL else None
    return {**row, "channel": channel, "email": email}


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
        **row,
        "no_shows": reading.connection.execute(missed).scalar_one(),
        "screen": latest[0] if latest else None,
        "measures": _of_episode(reading, measures, episode_id),
        "safety_flags": [flag for flag in flags if flag["cleared_at"] is None],
        "consents": [
            _lasting(one, now) for one in _of_episode(reading, consents, episode_id)
        ],
        "clearances": [
            _lasting(one, now) for one in _of_episode(reading, clearances, episode_id)
        ],
        "decisions": [
            {**one, "is_intact": Decision(**one).is_intact}
            for one in _of_episode(reading, decisions, episode_id)
        ],
    }


def instruments(reading: Reading) -> list[Row]:
    """What can be asked in a clinic: the newest version of each questionnaire."""
    own = {
        row["code"]: _instrument(row)
        for row in reading.rows(
            reading.select(questionnaires).order_by(questionnaires.c.id)
        )
    }
    return [
        {**vars(asked), "is_own": asked.code in own}
        for asked in (*INSTRUMENTS.values(), *own.values())
    ]


def instrument(reading: Reading, code: str, edition: str | None = None) -> Instrument:
    """A questionnaire in a version, the newest unless one is named.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    if code in INSTRUMENTS:
        return INSTRUMENTS[code]
    query = reading.select(questionnaires).where(questionnaires.c.code == code)
    if edition is not None:
        query = query.where(questionnaires.c.edition == edition)
    newest = query.order_by(questionnaires.c.id.desc()).limit(1)
    return _instrument(reading.one(newest, "questionnaire"))


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


def _patients(reading: Reading) -> Any:
    own_id = patients.c.id.label("patient_id")
    return reading.select(patients, *patients.c, own_id, episodes.c.status).join(
        episodes, episodes.c.id == patients.c.episode_id
    )


def _alike(reading: Reading) -> Any:
    """Patients of a clinic beside those registered before who are like them."""
    other = patients.alias("other")
    same = {
        kind: patients.c[index] == other.c[index] for kind, index in INDEX_OF.items()
    }
    was_dismissed = exists().where(
        distinctions.c.first_id == other.c.id,
        distinctions.c.second_id == patients.c.id,
    )
    return (
        reading.select(
            patients,
            patients.c.id,
            patients.c.registered_at,
            other.c.id.label("other_id"),
            other.c.registered_at.label("other_at"),
            *(condition.label(kind.value) for kind, condition in same.items()),
        )
        .join(
            other,
            and_(
                other.c.clinic_id == patients.c.clinic_id,
                other.c.id < patients.c.id,
                or_(*same.values()),
            ),
        )
        .where(~was_dismissed)
        .order_by(patients.c.id.desc(), other.c.id.desc())
    )


def _of_episode(reading: Reading, table: Table, episode_id: UUID) -> list[Row]:
    """An episode's rows of a table, newest first; ids ascend with time."""
    return reading.rows(
        reading.select(table)
        .where(table.c.episode_id == episode_id)
        .order_by(table.c.id.desc())
    )


def _parts(reading: Reading, table: Table, referral_ids: list[UUID]) -> list[Row]:
    return reading.rows(
        reading.select(table)
        .where(table.c.referral_id.in_(referral_ids))
        .order_by(table.c.id)
    )


def _instrument(row: Row) -> Instrument:
    return Questionnaire(**row).instrument


def _lasting(row: Row, now: datetime) -> Row:
    """A consent or clearance, and whether it holds now."""
    holds = row.get("withdrawn_at") is None and now < row["valid_until"]
    return {**row, "holds": holds}


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
