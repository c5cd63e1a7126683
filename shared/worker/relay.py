"""Publishes the event log, in order, by one process at a time."""

from contextlib import suppress
from zlib import crc32

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from shared import crash
from shared.broker import BATCH, Broker, Publisher
from shared.database import transaction
from shared.mailbox import outbox
from shared.mailbox.outbox import Outcome
from shared.metrics import PUBLISHED
from shared.notifier import CHANNEL
from shared.reach import MAILBOX
from shared.service import Runtime

LISTEN_SECONDS = 0.5
"""How long it waits for news at most: a lost one costs no more than that."""


class Relay:
    """Gives committed events their places in the feed and publishes them.

    On PostgreSQL a session advisory lock is the lease, and everything is written over
    the very connection that holds it: who loses the lease can no longer write. SQLite
    belongs to one process, which needs none.
    """

    def __init__(self, runtime: Runtime, broker: Broker) -> None:
        self._runtime = runtime
        self._broker = broker
        self._publisher: Publisher | None = None
        self._connection: Connection | None = None

    def step(self) -> bool:
        """Sequence and publish one batch, or wait for news where it can be heard."""
        if self.publish():
            return True
        return self._connection is not None and self._listen(self._connection)

    def publish(self) -> bool:
        """Sequence and publish one batch."""
        connection = self._lease()
        if connection is None:
            return False
        with transaction(connection, MAILBOX):
            numbered = outbox.sequence(connection)
        if numbered:
            crash.point("relay.after_sequencing")
        with transaction(connection, MAILBOX):
            batch = outbox.to_publish(connection, BATCH)
        if not batch:
            return numbered > 0
        if self._publisher is None:
            self._publisher = self._broker.publisher(
                f"{self._runtime.service.name}-relay"
            )
        name = self._runtime.service.name
        with self._runtime.tracing.span(
            f"publish {name}",
            links=[envelope.traceparent for envelope in batch[:32]],
            attributes={"messaging.batch.message_count": len(batch)},
        ):
            outcomes = self._publisher.publish(batch)
        crash.point("relay.after_publishing")
        with transaction(connection, MAILBOX):
            outbox.settle(connection, outcomes, self._runtime.clock())
        crash.point("relay.after_marking")
        for _, outcome in outcomes:
            PUBLISHED.labels(name, outcome.value).inc()
        if any(outcome is Outcome.REFUSED for _, outcome in outcomes):
            self._drop_publisher()
        return True

    def close(self) -> None:
        """Give the lease and the broker connection up."""
        self._drop_publisher()
        if self._connection is not None:
            connection, self._connection = self._connection, None
            _end_session(connection)

    def _drop_publisher(self) -> None:
        if self._publisher is not None:
            publisher, self._publisher = self._publisher, None
            publisher.close()

    def _lease(self) -> Connection | None:
        """The connection that holds the lease, or None while another process does."""
        if self._connection is not None:
            return self._connection
        connection = self._runtime.database.session()
        try:
            if not self._runtime.database.is_sqlite and not self._lock(connection):
                connection.close()
                return None
            with transaction(connection, MAILBOX):
                outbox.open_feed(connection)
        except Exception:
            _end_session(connection)
            raise
        self._connection = connection
        return connection

    def _lock(self, connection: Connection) -> bool:
        """Take the lease for this session and listen for news; False if it is taken."""
        key = crc32(f"kap-relay-{self._runtime.service.name}".encode())
        held = connection.execute(
            text("select pg_try_advisory_lock(:key)"), {"key": key}
        ).scalar()
        if held:
            connection.execute(text(f"listen {CHANNEL}"))
        connection.commit()
        return bool(held)

    def _listen(self, connection: Connection) -> bool:
        """Wait for news from other processes, at most until the next poll."""
        if self._runtime.database.is_sqlite:
            return False
        raw = connection.connection.driver_connection
        assert raw is not None
        for _ in raw.notifies(timeout=LISTEN_SECONDS, stop_after=1):
            pass
        return True


def _end_session(connection: Connection) -> None:
    """The lease ends with the session, which therefore must not go back to a pool.

    It is given up first: until the server notices that the session is gone, nobody
    else would get it.
    """
    if connection.dialect.name == "postgresql":
        with suppress(SQLAlchemyError):
            connection.execute(text("select pg_advisory_unlock_all()"))
    connection.invalidate()
    connection.close()
