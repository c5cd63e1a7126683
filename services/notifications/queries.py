"""What screens and lists read of notifications."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table

from services.notifications.domain.tasks import Owner, TaskStatus
from services.notifications.domain.webhooks import SubscriptionStatus
from services.notifications.models import (
    attempts,
    messages,
    outbox_mails,
    subscriptions,
    tasks,
)
from shared.access import CLINICAL, NETWORK, Role
from shared.reading import Reading, Row

SEES_EVERY_TASK = CLINICAL | NETWORK | {Role.CLINIC_ADMIN}


def newest_messages(reading: Reading, *, limit: int, after: UUID | None) -> list[Row]:
    """Messages of the clinic, newest first."""
    return reading.rows(_newest(reading, messages, limit, after))


def messages_of(reading: Reading, patient_id: UUID) -> list[Row]:
    """A patient's messages, newest first."""
    query = reading.select(messages).where(messages.c.patient_id == patient_id)
    return reading.rows(query.order_by(messages.c.id.desc()))


def kept_mails(reading: Reading, *, limit: int, after: UUID | None) -> list[Row]:
    """Mails that were kept instead of sent, newest first."""
    return reading.rows(_newest(reading, outbox_mails, limit, after))


def worklist(
    reading: Reading, *, status: TaskStatus, role: Owner | None, limit: int
) -> list[Row]:
    """Open tasks, the most urgent first, or done ones, the last done first.

    Who is neither clinical nor an administrator sees the tasks of the own roles only:
    that a patient was flagged is nobody else's business.
    """
    query = reading.select(tasks).where(
        tasks.c.status == status, tasks.c.opened_at.is_not(None)
    )
    held = reading.context.actor.roles_in(reading.context.clinic_id)
    if not held & SEES_EVERY_TASK:
        own = [owner for owner in Owner if Role(owner) in held]
        query = query.where(tasks.c.role.in_(own))
    if role is not None:
        query = query.where(tasks.c.role == role)
    order = tasks.c.due_at if status is TaskStatus.OPEN else tasks.c.done_at.desc()
    return reading.rows(query.order_by(order, tasks.c.id).limit(limit))


def all_subscriptions(reading: Reading, *, owner_id: UUID | None) -> list[Row]:
    """Subscriptions that have not ended, oldest first; of one owner if one is named."""
    query = _subscriptions(reading, owner_id)
    return reading.rows(query.order_by(subscriptions.c.id))


def subscription(
    reading: Reading, subscription_id: UUID, *, owner_id: UUID | None
) -> Row:
    """One subscription that has not ended.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
    """
    query = _subscriptions(reading, owner_id)
    return reading.one(
        query.where(subscriptions.c.id == subscription_id), "subscription"
    )


def attempts_of(
    reading: Reading, subscription_id: UUID, *, limit: int, after: UUID | None
) -> list[Row]:
    """What was tried for a subscription, newest first."""
    query = _newest(reading, attempts, limit, after)
    return reading.rows(query.where(attempts.c.subscription_id == subscription_id))


def _subscriptions(reading: Reading, owner_id: UUID | None) -> Select[Any]:
    query = reading.select(subscriptions).where(
        subscriptions.c.status != SubscriptionStatus.ENDED
    )
    if owner_id is None:
        return query
    return query.where(subscriptions.c.owner_id == owner_id)


def _newest(
    reading: Reading, table: Table, limit: int, after: UUID | None
) -> Select[Any]:
    """Ids ascend with time, so the id is the order and the cursor."""
    query = reading.select(table).order_by(table.c.id.desc()).limit(limit)
    return query if after is None else query.where(table.c.id < after)
