"""What a patient sees of the own forms: what they ask, and what is kept of them."""

from datetime import datetime
from uuid import UUID

from services.intake.domain import MeasureContext
from services.intake.models import form_drafts, measures, packs, patients
from services.intake.queries.questionnaires import instrument
from shared.reading import Reading, Row


def own_forms(reading: Reading, patient_id: UUID, now: datetime) -> Row:
    """The questionnaires of the screening: which are answered, which begun.

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
                measures.c.context == MeasureContext.INTAKE,
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
