"""Integration after a session."""

from uuid import UUID

from sqlalchemy import select

from services.sessions.commands import SetTask
from services.sessions.domain.errors import IntegrationOverdueError
from services.sessions.domain.integration import (
    Integration,
    IntegrationStatus,
    IntegrationTask,
)
from services.sessions.domain.session import Session
from services.sessions.handlers.loading import held
from services.sessions.models import integrations, packs
from shared.ids import uuid7
from shared.rulepack import NextDose
from shared.unit_of_work import UnitOfWork

MISSED = "integration_missed"


def need_integration(session: Session, uow: UnitOfWork) -> Integration:
    """The patient should talk about the experience soon after the dose."""
    window = packs.of(uow).integration
    dosed_at = session.last_dose_at or uow.now
    integration = Integration(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        session_id=session.id,
        patient_id=session.patient_id,
        episode_id=session.episode_id,
        due_at=dosed_at + window.due_after,
        late_at=dosed_at + window.late_after,
    )
    uow.publish(integration.fall_due(), of=integration)
    uow.remind(MISSED, about=integration.id, at=integration.late_at)
    return uow.add(integration)


def complete_integration(
    integration_id: UUID, note: str | None, uow: UnitOfWork
) -> Integration:
    """It took place, perhaps late.

    Raises:
        AlreadyCompletedError: it had before.
    """
    integration = held(Integration, integration_id, uow)
    event = integration.complete(at=uow.now, by=uow.actor_id, note=note)
    uow.publish(event, of=integration)
    uow.forget(MISSED, about=integration.id)
    return integration


def note_missed(integration_id: UUID, uow: UnitOfWork) -> None:
    """The time for it is over: say so, unless it took place."""
    integration = held(Integration, integration_id, uow)
    if integration.status is IntegrationStatus.DUE:
        uow.publish(integration.miss(), of=integration)


def demand_integrated(patient_id: UUID, uow: UnitOfWork) -> None:
    """Refuse a dose while an earlier one waits too long for its integration.

    Only where the clinic's rule pack says so; elsewhere it is a warning.

    Raises:
        IntegrationOverdueError: one does.
    """
    if packs.of(uow).integration.before_next_dose is not NextDose.BLOCK:
        return
    overdue = uow.all(
        select(Integration).where(
            integrations.c.patient_id == patient_id,
            integrations.c.status != IntegrationStatus.COMPLETED,
            integrations.c.late_at <= uow.now,
        )
    )
    if overdue:
        ids = [str(one.id) for one in overdue]
        raise IntegrationOverdueError(details={"integration_ids": ids})


def set_task(command: SetTask, uow: UnitOfWork) -> IntegrationTask:
    """A therapist gives the patient something small to do."""
    integration = uow.get(Integration, command.integration_id)
    return uow.add(
        IntegrationTask(
            id=uuid7(),
            clinic_id=uow.clinic_id,
            integration_id=integration.id,
            patient_id=integration.patient_id,
            text=command.text,
            due_on=command.due_on,
            set_at=uow.now,
            set_by=uow.actor_id,
            version=1,
        )
    )


def finish_task(task_id: UUID, uow: UnitOfWork) -> IntegrationTask:
    """The patient has done it.

    Raises:
        TaskDoneError: that was noted before.
    """
    task = held(IntegrationTask, task_id, uow)
    task.finish(at=uow.now, by=uow.actor_id)
    return task
