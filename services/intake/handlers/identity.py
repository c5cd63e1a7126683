"""Who a patient is: put right, and two records of one patient made one."""

from uuid import UUID

from sqlalchemy import update

from services.intake.commands import CorrectIdentity
from services.intake.domain import (
    OPEN,
    Ending,
    Episode,
    EpisodeStatus,
    EpisodeUnderWayError,
    NotAlikeError,
    Patient,
    TreatedUnderBothError,
    likeness,
)
from services.intake.handlers.assessing import held_episode, hold, verdict_for
from services.intake.handlers.deciding import let_lapse
from services.intake.handlers.erasing import demand_no_flag
from services.intake.handlers.finding import mark_patient
from services.intake.handlers.moving import forget_timers
from services.intake.models import patient_links
from shared.rulepack import RuleClass
from shared.unit_of_work import UnitOfWork

REGISTERED_TWICE = "registered_twice"


def correct_identity(command: CorrectIdentity, uow: UnitOfWork) -> Patient:
    """What was written down wrong is put right; the rules weigh another age anew.

    Raises:
        NotFoundError: there is no such patient in this clinic.
        AlreadyErasedError, AlreadyMergedError: nothing is written on this record any
            more.
        InvalidError: nobody can be born then.
    """
    patient = uow.get(Patient, command.patient_id)
    episode = held_episode(patient.episode_id, uow)
    weighed = verdict_for(episode, episode.screen, uow).against_all
    before = {rule.code for rule in weighed}
    event = patient.correct(command.changes)
    if event is None:
        return patient
    mark_patient(patient, uow)
    uow.publish(event, of=patient)
    grave = [
        rule
        for rule in verdict_for(episode, episode.screen, uow).against_all
        if rule.rule_class is not RuleClass.RELATIVE and rule.code not in before
    ]
    if grave:
        let_lapse(episode, grave[0].reason_group, uow)
    return patient


def merge_patients(survivor_id: UUID, retired_id: UUID, uow: UnitOfWork) -> Patient:
    """Two records are of one patient: one is closed and read with the other.

    Raises:
        NotFoundError: one of them is no patient of this clinic.
        NotAlikeError: nothing suggests that they are one.
        AlreadyErasedError, AlreadyMergedError: nothing is written on one of them any
            more.
        EpisodeUnderWayError: on the record to be closed a prescriber's yes stands.
        TreatedUnderBothError: treatment has begun on it.
        SafetyFlagOpenError: a flag is open on it; a clinician sees to it first.
    """
    survivor, retired = uow.get(Patient, survivor_id), uow.get(Patient, retired_id)
    uow.touch(record=("patient", retired.id), patients=[survivor.id, retired.id])
    if not likeness(survivor, retired):
        raise NotAlikeError
    # In one order, so that two of these never wait for each other.
    for episode_id in sorted((survivor.episode_id, retired.episode_id)):
        hold(episode_id, uow)
    episode = uow.get(Episode, retired.episode_id)
    if episode.prepared_at is not None:
        raise TreatedUnderBothError
    if episode.is_eligible:
        raise EpisodeUnderWayError
    demand_no_flag(retired, uow)
    uow.publish(retired.merge_into(survivor, by=uow.actor_id, at=uow.now), of=retired)
    if episode.status in OPEN | {EpisodeStatus.INELIGIBLE}:
        closed = episode.end(Ending.WITHDRAWN, REGISTERED_TWICE, at=uow.now)
        forget_timers(episode, uow)
        uow.publish(closed, of=episode)
    uow.connection.execute(
        update(patient_links)
        .where(
            patient_links.c.clinic_id == uow.clinic_id,
            patient_links.c.patient_id == retired.id,
            patient_links.c.ended_at.is_(None),
        )
        .values(ended_at=uow.now, version=patient_links.c.version + 1)
    )
    return retired
