"""What screens and lists read of intake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, false, func, or_, select

from services.intake.domain import (
    Channel,
    CodingKind,
    ConsentDocument,
    Decision,
    Questionnaire,
)
from services.intake.models import (
    clearances,
    codings,
    consent_documents,
    consents,
    coverages,
    decisions,
    episodes,
    measures,
    no_shows,
    patients,
    questionnaires,
    referrals,
    safety_flags,
    screens,
)
from shared.consents import TEMPLATES, Document
from shared.errors import NotFoundError
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


def contact(reading: Reading, patient_id: UUID) -> Row:
    """How a patient is reached; the address only if mail is wanted.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    query = reading.select(patients).where(patients.c.id == patient_id)
    row = reading.one(query, "patient")
    email = row["email"] if row["channel"] is Channel.EMAIL else None
    return {**row, "patient_id": row["id"], "email": email}


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


def consent_documents_of(reading: Reading) -> list[Row]:
    """Every consent document of the product, then the clinic's, newest last.

    A template is in force until the clinic has published a text of its type.
    """
    rows = reading.rows(
        reading.select(consent_documents).order_by(consent_documents.c.id)
    )
    types = {row["type"] for row in rows}
    ours = [
        {
            **_said(document),
            "id": None,
            "is_own": False,
            "in_force": document.type not in types,
        }
        for document in TEMPLATES.values()
    ]
    return [*ours, *(_published(row) for row in rows)]


def consent_document(reading: Reading, reference: str) -> Row:
    """A consent document with its text.

    Raises:
        NotFoundError: neither the product nor the clinic has one of this name.
    """
    for row in consent_documents_of(reading):
        if row["reference"] == reference:
            return row
    raise NotFoundError("there is no such consent document in this clinic")


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


def _published(row: Row) -> Row:
    document = ConsentDocument(**row).document
    return {
        **_said(document),
        "id": row["id"],
        "is_own": True,
        "in_force": row["retired_at"] is None,
    }


def _said(document: Document) -> Row:
    return {**vars(document), "reference": document.reference}


def _lasting(row: Row, now: datetime) -> Row:
    """A consent or clearance, and whether it holds now."""
    is_over = row.get("withdrawn_at") is not None or row.get("ended_at") is not None
    holds = not is_over and now < row["valid_until"]
    return {**row, "holds": holds}
