"""Connections to PostgreSQL, which are told what they may reach.

It is told together with the `begin` of a transaction, or with the one query that needs
it: a round trip of its own would cost more than most queries. Imported only where there
is a PostgreSQL: the driver takes 9 MB that the embedded platform can do without.
"""

from collections.abc import Mapping, Sequence
from select import POLLIN, poll
from typing import Any, Self

import psycopg
from psycopg.abc import Params
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

from shared.reach import Reach


def prepare(engine: Engine) -> None:
    """Let an engine give out no connection but those of here, and none that is dead."""
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkout", _demand_alive)
    event.listen(engine, "checkin", _forget)


class ReachingConnection(psycopg.Connection[Any]):
    """A connection to PostgreSQL that says with each transaction what it may reach."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = _ReachingCursor
        self.each: Reach | None = None
        self._reaches: Reach | None = None

    def start(self, reach: Reach) -> None:
        """Begin a transaction of a reach."""
        self.execute(f"begin; {reach.script}", prepare=False)
        self._reaches = reach

    def narrow(self, reach: Reach) -> None:
        """Change the reach of the transaction that is under way.

        Nothing is said twice. A savepoint that is rolled back takes back what was set
        after it, which would not be noticed here: narrow before, never after it.
        """
        if reach != self._reaches:
            self.execute(reach.script, prepare=False)
            self._reaches = reach

    def is_alive(self) -> bool:
        """Whether the server still talks; asked only if it said something unasked."""
        waiting = poll()
        waiting.register(self.fileno(), POLLIN)
        if not waiting.poll(0):
            return True
        try:
            self.execute("")
        except psycopg.Error:
            return False
        return True


_SETTINGS = """
    select set_config('kap.clinic', %s, true), set_config('kap.mailbox', %s, true)
"""


class _ReachingCursor(psycopg.Cursor[Any]):
    """Where every query stands for itself, sends its reach along and waits once.

    Statements between two waits are one transaction to PostgreSQL, so what is set
    until the end of the transaction holds for the query and for nothing after it.

    Source: PostgreSQL manual, 53.2.4 "Pipelining".
    """

    def execute(self, query: Any, params: Params | None = None, **options: Any) -> Self:
        """Run a statement."""
        connection = self.connection
        assert isinstance(connection, ReachingConnection)
        if connection.each is None:
            return super().execute(query, params, **options)
        values = (connection.each.clinic, "on" if connection.each.mailbox else "")
        with connection.pipeline():
            psycopg.Cursor(connection).execute(_SETTINGS, values, prepare=True)
            return super().execute(query, params, **options)


def _connect(
    _dialect: Any, _record: Any, args: Sequence[Any], options: Mapping[str, Any]
) -> ReachingConnection:
    return ReachingConnection.connect(*args, **options)


def _demand_alive(raw: Any, _record: Any, _fairy: Any) -> None:
    """Give no connection out that was cut off while it lay idle."""
    if not raw.is_alive():
        raise DisconnectionError


def _forget(raw: Any, _record: Any) -> None:
    if raw is not None:
        raw.each = None
