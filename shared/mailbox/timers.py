"""What a service will do at a time: rows, so that no restart forgets one.

A timer that falls due becomes a row of the inbox, in one transaction: it is then tried,
retried and set aside like anything else a service has to handle.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select

from shared.context import Context
from shared.ids import uuid7
from shared.mailbox.tables import inbox, timers

PREFIX = "timer."


@dataclass(frozen=True, kw_only=True)
class Timer:
    """Do `name` about the record `about` at `due_at`, once."""

    name: str
    about: UUID
    due_at: datetime

    @property
    def key(self) -> str:
        """One timer of a name exists for a record; setting it again moves it."""
        return f"{self.name}/{self.about}"


def set_timer(connection: Connection, timer: Timer, context: Context) -> None:
    """Set a timer, or move the one that is set."""
    cancel(connection, timer.name, about=timer.about)
    connection.execute(
        insert(timers).values(
            key=timer.key,
            due_at=timer.due_at,
            type=PREFIX + timer.name,
            payload="{}",
            clinic_id=context.clinic_id,
            aggregate_id=timer.about,
            actor_id=context.actor.id,
            correlation_id=context.correlation_id,
            causation_id=context.causation_id,
            traceparent=context.traceparent,
        )
    )


def cancel(connection: Connection, *names: str, about: UUID) -> None:
    """Forget timers; nothing happens if none is set."""
    keys = [f"{name}/{about}" for name in names]
    connection.execute(delete(timers).where(timers.c.key.in_(keys)))


def fire_due(connection: Connection, *, now: datetime, most: int = 100) -> int:
    """Move due timers into the inbox; how many there were."""
    due = list(
        connection.execute(
            select(timers)
            .where(timers.c.due_at <= now)
            .order_by(timers.c.due_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
    )
    if not due:
        return 0
    connection.execute(
        insert(inbox),
        [
            {
                "event_id": uuid7(),
                "type": row.type,
                "clinic_id": row.clinic_id,
                "aggregate_type": "timer",
                "aggregate_id": row.aggregate_id,
                "aggregate_version": 0,
                "payload": row.payload,
                "actor_id": row.actor_id,
                "correlation_id": row.correlation_id,
                "causation_id": row.causation_id,
                "traceparent": row.traceparent,
                "occurred_at": row.due_at,
                "producer": "timer",
                "stored_at": now,
                "available_at": now,
            }
            for row in due
        ],
    )
    keys = [row.key for row in due]
    connection.execute(delete(timers).where(timers.c.key.in_(keys)))
    return len(due)


def overdue(connection: Connection) -> datetime | None:
    """When the earliest timer is due."""
    return connection.execute(_EARLIEST).scalar()


_EARLIEST = select(func.min(timers.c.due_at))
