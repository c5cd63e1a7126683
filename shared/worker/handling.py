"""Handles what the inbox holds: effect, own events and the `done` mark in one commit.

A batch is tried as one transaction. If any of it fails, all of it is rolled back and
each row is tried in a transaction of its own, so that one bad row holds up no other.
"""

import logging
import time
from collections.abc import Callable
from uuid import UUID

from opentelemetry.trace import SpanKind
from sqlalchemy import Connection

from shared import crash
from shared.conflicts import translated
from shared.context import Context
from shared.envelope import Envelope
from shared.errors import KapError
from shared.mailbox import inbox, timers
from shared.mailbox.inbox import Taken
from shared.metrics import HANDLED, HANDLER_SECONDS
from shared.service import Runtime

log = logging.getLogger(__name__)

BATCH = 50
ROUNDS = 10
"""How many batches of one clinic are handled while somebody waits for it."""


class NotYet(Exception):  # noqa: N818 - it is no error, only too early.
    """An earlier version of the same aggregate has not been applied yet."""


class Handling:
    """Takes due rows and calls what the service does about each."""

    def __init__(
        self, runtime: Runtime, *, on_gap: Callable[[], None] = lambda: None
    ) -> None:
        self._runtime = runtime
        self._service = runtime.service
        self._on_gap = on_gap
        self._handlers = {
            event.type: handler for event, handler in self._service.handlers.items()
        }

    def step(self) -> bool:
        """Handle a batch of due rows."""
        started = time.monotonic()
        try:
            with self._runtime.mailbox() as connection:
                rows = inbox.take(connection, now=self._runtime.clock(), most=BATCH)
                for row in rows:
                    self._handle(row, connection)
                inbox.done(connection, rows, at=self._runtime.clock())
                if rows:
                    crash.point("handling.before_commit")
        except Exception:
            # Which row it was shows when each is tried alone; if it is the database
            # that does not answer, this fails in its turn and the loop waits.
            return self._one_by_one()
        if rows:
            crash.point("handling.after_commit")
            self._runtime.announce()
            name = self._service.name
            HANDLED.labels(name, "done").inc(len(rows))
            HANDLER_SECONDS.labels(name).observe(
                (time.monotonic() - started) / len(rows)
            )
        return bool(rows)

    def settle(self, clinic_id: UUID) -> None:
        """Handle what is due of one clinic, each row alone, up to a limit."""
        for _ in range(ROUNDS):
            with self._runtime.mailbox() as connection:
                due = inbox.take(
                    connection,
                    now=self._runtime.clock(),
                    most=BATCH,
                    clinic_id=clinic_id,
                )
            if not due:
                break
            for row in due:
                self._alone(row)
            self._runtime.announce()
        with self._runtime.mailbox() as connection:
            inbox.let_others_finish(connection, clinic_id)

    def close(self) -> None:
        """Nothing is held between steps."""

    def _one_by_one(self) -> bool:
        with self._runtime.mailbox() as connection:
            due = inbox.take(connection, now=self._runtime.clock(), most=BATCH)
        for row in due:
            self._alone(row)
        self._runtime.announce()
        return bool(due)

    def _alone(self, row: Taken) -> None:
        """One row in its own transaction; a failure is noted in another."""
        try:
            with self._runtime.mailbox() as connection:
                if not inbox.lock(connection, row):
                    return
                self._handle(row, connection)
                inbox.done(connection, [row], at=self._runtime.clock())
            HANDLED.labels(self._service.name, "done").inc()
        except NotYet:
            self._on_gap()
            with self._runtime.mailbox() as connection:
                inbox.hold(connection, row, at=self._runtime.clock())
        except Exception as error:
            self._note_failure(row, error)

    def _note_failure(self, row: Taken, error: Exception) -> None:
        permanent = isinstance(error, KapError) and error.permanent
        with self._runtime.mailbox() as connection:
            state = inbox.failed(
                connection,
                row,
                _reason(error),
                at=self._runtime.clock(),
                permanent=permanent,
            )
        HANDLED.labels(self._service.name, "dead" if state == "dead" else "retry").inc()
        with self._runtime.tracing.span("note failure", parent=row.traceparent):
            failed = {"event_type": row.type, "event_id": row.event_id, "state": state}
            log.warning("an event could not be handled", extra=failed, exc_info=error)

    def _handle(self, row: Taken, connection: Connection) -> None:
        envelope = inbox.envelope_of(row)
        context = Context(
            actor=self._service.actor,
            clinic_id=row.clinic_id,
            action=row.type,
            roles=self._service.actor.network_roles,
            correlation_id=row.correlation_id,
            causation_id=row.event_id,
        )
        # A first try goes on with the trace of its origin; later ones only point to it.
        fresh = row.attempts == 0 and not row.type.startswith(timers.PREFIX)
        with (
            self._runtime.tracing.span(
                f"process {row.type}",
                SpanKind.CONSUMER,
                parent=row.traceparent if fresh else None,
                links=[row.traceparent],
                attributes={"messaging.message.id": str(row.event_id)},
            ),
            translated(self._service.conflicts),
        ):
            if row.type.startswith(timers.PREFIX):
                self._remind(row, context, connection)
            elif self._is_next(envelope, connection):
                self._tell(envelope, context, connection)

    def _remind(self, row: Taken, context: Context, connection: Connection) -> None:
        reminder = self._service.reminders[row.type.removeprefix(timers.PREFIX)]
        about: UUID = row.aggregate_id
        with self._runtime.unit_of_work(context, on=connection) as uow:
            reminder(about, uow)
        crash.point("timers.before_commit")

    def _tell(
        self, envelope: Envelope, context: Context, connection: Connection
    ) -> None:
        event = envelope.event()
        handler = self._handlers.get(envelope.type)
        if handler is None:
            return
        with self._runtime.unit_of_work(
            context, on=connection, causing=envelope
        ) as uow:
            handler(event, uow)

    def _is_next(self, envelope: Envelope, connection: Connection) -> bool:
        """Whether a row is to be applied now; an old version of an ordered aggregate
        is not.

        Raises:
            NotYet: a version before it is still missing.
        """
        if envelope.aggregate_type not in self._service.ordered:
            return True
        seen = inbox.version_applied(connection, envelope.aggregate_id)
        if envelope.aggregate_version > seen + 1:
            raise NotYet
        if envelope.aggregate_version <= seen:
            return False
        inbox.note_version(
            connection, envelope.aggregate_id, envelope.aggregate_version
        )
        return True


def _reason(error: Exception) -> str:
    """What went wrong, without quoting a record."""
    if isinstance(error, KapError):
        return f"{error.code}: {error.message}"
    return type(error).__name__
