"""What is read of patients whom several clinics know, and of those handed on."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import or_

from services.intake.domain import EpisodeStatus, FileKind
from services.intake.models import (
    clinics,
    episodes,
    file_contents,
    files,
    matches,
    patients,
    transfers,
)
from shared.reading import Reading, Row

AT_ONCE = 200


def open_matches(reading: Reading) -> list[Row]:
    """Patients who are still to be asked, the oldest first; not what they may match."""
    return reading.rows(
        reading.select(matches, matches.c.id, matches.c.patient_id, matches.c.found_at)
        .where(matches.c.answered_at.is_(None))
        .order_by(matches.c.id)
        .limit(AT_ONCE)
    )


def transfers_of(reading: Reading) -> list[Row]:
    """Patients this clinic has handed on, newest first."""
    newest = reading.select(transfers).order_by(transfers.c.id.desc())
    return reading.rows(newest.limit(AT_ONCE))


def clinic(reading: Reading) -> Row:
    """What intake knows of the clinic.

    Raises:
        NotFoundError: it has not heard of it yet.
    """
    return reading.one(reading.select(clinics), "clinic")


def knows_clinic(reading: Reading, clinic_id: UUID) -> bool:
    """Whether there is such a clinic in the network; asked with its reach."""
    query = reading.select(clinics, clinics.c.id).where(clinics.c.id == clinic_id)
    return bool(reading.rows(query))


def to_compare(reading: Reading) -> list[Row]:
    """Patients of any clinic who were not compared with others yet."""
    is_closed = or_(
        patients.c.erased_at.is_not(None), patients.c.merged_into.is_not(None)
    )
    return reading.rows(
        reading.select(
            patients,
            patients.c.id,
            patients.c.clinic_id,
            patients.c.given_name,
            patients.c.family_name,
            patients.c.birth_date,
            is_closed.label("is_closed"),
        )
        .where(patients.c.network_checked_at.is_(None))
        .order_by(patients.c.id)
        .limit(AT_ONCE)
    )


def known_elsewhere(reading: Reading, index: str, clinic_id: UUID) -> list[Row]:
    """Patients of other clinics under an index, unless they went on elsewhere."""
    return reading.rows(
        reading.select(patients, patients.c.id, patients.c.clinic_id)
        .join(episodes, episodes.c.id == patients.c.episode_id)
        .where(
            patients.c.network_index == index,
            patients.c.clinic_id != clinic_id,
            episodes.c.status != EpisodeStatus.TRANSFERRED,
        )
        .order_by(patients.c.id)
    )


def on_their_way(reading: Reading) -> list[Row]:
    """Patients of any clinic whom the other clinic has not received yet."""
    return reading.rows(
        reading.select(transfers)
        .where(transfers.c.received_at.is_(None))
        .order_by(transfers.c.id)
        .limit(AT_ONCE)
    )


def shared_files(reading: Reading, patient_ids: Iterable[UUID]) -> list[Row]:
    """What goes along with a patient: files from outside that were not struck."""
    made_here = (FileKind.CONSENT, FileKind.DECISION_LETTER)
    return reading.rows(
        reading.select(files, *files.c, file_contents.c.content)
        .join(file_contents, file_contents.c.id == files.c.id)
        .where(
            files.c.patient_id.in_(list(patient_ids)),
            files.c.struck_at.is_(None),
            files.c.kind.not_in(made_here),
        )
        .order_by(files.c.id)
    )
