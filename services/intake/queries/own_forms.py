"""What a patient sees of the own forms: what they ask, and what is kept of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_

from services.intake.domain import MeasureContext, is_followed, window_at
from services.intake.models import (
    courses,
    episodes,
    form_drafts,
    measures,
    packs,
    patients,
)
from services.intake.queries.questionnaires import instrument
from shared.instruments import OUTCOME_RULES
from shared.reading import Reading, Row


def own_forms(reading: Reading, patient_id: UUID, now: datetime) -> Row:
    """The questionnaires of the screening: which are answered, which begun.

    While a follow-up is due after the course, only answers since it fell due count.

    Raises:
        NotFoundError: there is no such patient in this clinic.
    """
    query = reading.select(patients, patients.c.id, patients.c.episode_id)
    found = reading.one(query.where(patients.c.id == patient_id), "patient")
    pack = packs.in_force(reading.connection, reading.context.clinic_id, now)
    answered = {
        row["instrument"]
        for row in reading.rows(
            reading.select(measures, measures.c.instrument).where(
                measures.c.episode_id == found["episode_id"],
                _counts(reading, found["episode_id"], now),
            )
        )
    }
    begun = {
        row["instrument"]
        for row in reading.rows(
            reading.select(form_drafts, form_drafts.c.instrument).where(
                form_drafts.c.patient_id == patient_id
            )
        )
    }
    return {
        "patient_id": patient_id,
        "items": [
            {
                "code": code.value,
                "title": instrument(reading, code.value).title,
                "is_answered": code.value in answered,
                "is_begun": code.value in begun,
            }
            for code in pack.screening.instruments
        ],
        "crisis_resources": pack.crisis.resources,
    }


def _counts(reading: Reading, episode_id: UUID, now: datetime) -> ColumnElement[bool]:
    """Which answers count as given: since a follow-up fell due, or at intake."""
    rows = reading.rows(
        reading.select(
            courses,
            courses.c.last_dose_at,
            episodes.c.status,
            episodes.c.maintenance_since,
        )
        .join(episodes, episodes.c.id == courses.c.id)
        .where(courses.c.id == episode_id)
    )
    for row in rows:
        window = window_at(row["last_dose_at"], OUTCOME_RULES, now)
        if window and is_followed(row["status"], row["maintenance_since"]):
            since = row["last_dose_at"] + window.opens_after
            return and_(measures.c.recorded_at >= since)
    return and_(measures.c.context == MeasureContext.INTAKE)


def own_form(reading: Reading, patient_id: UUID, code: str) -> Row:
    """What a questionnaire asks, and what a patient has answered of it so far.

    Raises:
        NotFoundError: there is no such questionnaire in this clinic.
    """
    asked = instrument(reading, code)
    kept = reading.rows(
        reading.select(form_drafts).where(
            form_drafts.c.patient_id == patient_id, form_drafts.c.instrument == code
        )
    )
    return {
        "patient_id": patient_id,
        "code": asked.code,
        "title": asked.title,
        "items": asked.items,
        "answers": kept[0]["answers"] if kept else {},
        "saved_at": kept[0]["saved_at"] if kept else None,
    }
