"""Questionnaires that patients answer themselves: begun, gone on with, sent."""

from uuid import UUID

from sqlalchemy import delete, select

from services.intake.commands import AnswerOwnForm, RecordMeasure
from services.intake.domain import (
    BEGINNING,
    Episode,
    FormDraft,
    Measure,
    MeasureContext,
    Patient,
)
from services.intake.handlers.assessing import held_episode, within
from services.intake.handlers.questionnaires import instrument_of
from services.intake.handlers.screening import record_measure
from services.intake.models import form_drafts
from shared.ids import uuid7
from shared.instruments import demand_possible
from shared.unit_of_work import UnitOfWork


def save_draft(command: AnswerOwnForm, uow: UnitOfWork) -> FormDraft:
    """Keep what was answered so far, in the place of what was kept before.

    Raises:
        WrongStateError: the episode is at its end.
        InvalidError: there is no such questionnaire, or an answer is to no item of it
            or impossible.
    """
    episode = _episode(command.patient_id, uow)
    episode.demand_answerable(is_follow_up=True)
    instrument = instrument_of(command.instrument, uow)
    with within("answers"):
        demand_possible(instrument, command.answers)
    draft = _draft(command.patient_id, command.instrument, uow)
    if draft is None:
        draft = FormDraft(
            id=uuid7(),
            clinic_id=uow.clinic_id,
            patient_id=command.patient_id,
            instrument=command.instrument,
            answers={},
            saved_at=uow.now,
        )
        uow.db.add(draft)
    draft.answers, draft.saved_at = dict(command.answers), uow.now
    uow.touch(record=("form_draft", draft.id))
    return draft


def answer_own_form(command: AnswerOwnForm, uow: UnitOfWork) -> Measure:
    """A patient sends a questionnaire; the draft of it is gone.

    Raises:
        WrongStateError: the episode is at its end.
        InvalidError: the answers do not fit the questionnaire.
    """
    episode = _episode(command.patient_id, uow)
    is_at_intake = episode.status in BEGINNING or not episode.decisions
    measure = record_measure(
        RecordMeasure(
            episode_id=episode.id,
            instrument=command.instrument,
            context=(
                MeasureContext.INTAKE if is_at_intake else MeasureContext.FOLLOW_UP
            ),
            answers=command.answers,
        ),
        uow,
    )
    uow.connection.execute(
        delete(form_drafts).where(
            form_drafts.c.clinic_id == uow.clinic_id,
            form_drafts.c.patient_id == command.patient_id,
            form_drafts.c.instrument == command.instrument,
        )
    )
    return measure


def _episode(patient_id: UUID, uow: UnitOfWork) -> Episode:
    """The patient's episode; two windows of one patient save one after the other."""
    return held_episode(uow.get(Patient, patient_id).episode_id, uow)


def _draft(patient_id: UUID, instrument: str, uow: UnitOfWork) -> FormDraft | None:
    return uow.db.scalars(
        select(FormDraft).where(
            form_drafts.c.clinic_id == uow.clinic_id,
            form_drafts.c.patient_id == patient_id,
            form_drafts.c.instrument == instrument,
        )
    ).first()
