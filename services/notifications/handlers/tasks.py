"""Opens and closes tasks of the worklist."""

from uuid import UUID

from sqlalchemy import select

from services.notifications.domain.rule import Closes, Opens
from services.notifications.domain.task_rules import RULES
from services.notifications.domain.tasks import (
    NotYourTaskError,
    Owner,
    Task,
    TaskStatus,
)
from services.notifications.handlers import told_at
from services.notifications.models import tasks
from shared.access import Role
from shared.errors import NotFoundError
from shared.events import Event
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def note(event: Event, uow: UnitOfWork) -> None:
    """Do what an event means to the worklist."""
    for rule in RULES[type(event)]:
        if isinstance(rule, Opens) and rule.when and not getattr(event, rule.when):
            continue
        task = _task(event, rule, uow)
        if not _is_news(task, uow):
            continue
        if isinstance(rule, Closes):
            task.close(at=told_at(uow))
        else:
            _open(task, event, rule, uow)


def finish_task(task_id: UUID, uow: UnitOfWork) -> Task:
    """Tick a task off, by somebody with the role that should act, or an administrator.

    Raises:
        NotYourTaskError: the caller has neither role.
        TaskDoneError: it is done already.
    """
    task = uow.get(Task, task_id)
    if task.opened_at is None or task.role is None:
        raise NotFoundError("there is no such task in this clinic")
    held = uow.context.actor.roles_in(uow.clinic_id)
    if not held & {Role(task.role), Role(Owner.CLINIC_ADMIN)}:
        raise NotYourTaskError
    task.finish(by=uow.actor_id, at=uow.now)
    return task


def drop(patient_id: UUID, uow: UnitOfWork) -> None:
    """Nobody has to act for a patient any more."""
    is_open = tasks.c.patient_id == patient_id, tasks.c.status == TaskStatus.OPEN
    for task in uow.all(select(Task).where(*is_open)):
        task.close(at=told_at(uow))


def _task(event: Event, rule: Opens | Closes, uow: UnitOfWork) -> Task:
    """The task of a rule's source; a new one is not open before a rule opens it."""
    source_id: UUID = getattr(event, rule.source)
    same = select(Task).where(tasks.c.kind == rule.kind, tasks.c.source_id == source_id)
    if known := uow.all(same):
        return known[0]
    return uow.add(
        Task(
            id=uuid7(),
            clinic_id=uow.clinic_id,
            patient_id=getattr(event, "patient_id", None),
            kind=rule.kind,
            source_id=source_id,
        )
    )


def _is_news(task: Task, uow: UnitOfWork) -> bool:
    """Whether what is told is newer than what was heard; from now on it was heard."""
    version = task.heard_version + 1
    if uow.causing is not None:
        version = uow.causing.aggregate_version
    if version <= task.heard_version:
        return False
    task.heard_version = version
    return True


def _open(task: Task, event: Event, rule: Opens, uow: UnitOfWork) -> None:
    at = told_at(uow)
    due_at = getattr(event, rule.due) if rule.due else None
    task.open(
        rule.owner_by(event),
        due_at=due_at or at + rule.within,
        level=getattr(event, rule.level) if rule.level else None,
        at=at,
    )
