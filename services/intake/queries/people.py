"""What is read of patients and of who is like whom."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table, and_, exists, false, or_

from services.intake.domain import (
    INDEX_OF,
    Channel,
    CodingKind,
    EpisodeStatus,
    Likeness,
)
from services.intake.models import (
    codings,
    coverages,
    distinctions,
    episodes,
    patients,
    referrals,
)
from shared.reading import Reading, Row

MOST_FOUND = 100


def page_of_patients(reading: Reading, *, limit: int, after: UUID | None) -> Row:
    """A clinic's patients with the status of their episode, newest first."""
    current = _patients(reading).where(patients.c.merged_into.is_(None))
    query = current.order_by(patients.c.id.desc()).limit(limit + 1)
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
    own = ids_of(reading, patient_id)
    came = reading.rows(
        reading.select(referrals)
        .where(referrals.c.patient_id.in_(own))
        .order_by(referrals.c.id)
    )
    treated = reading.select(episodes).where(episodes.c.patient_id.in_(own))
    ids = [referral["id"] for referral in came]
    coded = _parts(reading, codings, ids)
    return {
        **row,
        "merged": own[1:],
        "episodes": reading.rows(treated.order_by(episodes.c.id.desc())),
        "referrals": came,
        "conditions": [one for one in coded if one["kind"] is CodingKind.CONDITION],
        "medications": [one for one in coded if one["kind"] is CodingKind.MEDICATION],
        "coverages": _parts(reading, coverages, ids),
    }


def ids_of(reading: Reading, patient_id: UUID) -> list[UUID]:
    """Under which records a patient is known: the own one, then those closed for it."""
    closed = reading.select(patients, patients.c.id).where(
        patients.c.merged_into == patient_id
    )
    rows = reading.rows(closed.order_by(patients.c.id))
    return [patient_id, *(row["id"] for row in rows)]


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


def _parts(reading: Reading, table: Table, referral_ids: list[UUID]) -> list[Row]:
    return reading.rows(
        reading.select(table)
        .where(table.c.referral_id.in_(referral_ids))
        .order_by(table.c.id)
    )
