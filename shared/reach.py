"""Which rows of a database a connection may see, and how PostgreSQL is told.

It is told together with the `begin` of a transaction, or with the one query that needs
it: a round trip of its own would cost more than most queries.
"""

from dataclasses import dataclass
from select import POLLIN, poll
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg.abc import Params


@dataclass(frozen=True)
class Reach:
    """Which rows a transaction may see and touch: PostgreSQL itself refuses others.

    `clinic` is a clinic's id, `*` for the whole network or nothing for no clinic's
    records; `mailbox` opens the tables events pass through, of every clinic.
    """

    clinic: str = ""
    mailbox: bool = False

    @classmethod
    def of(cls, clinic_id: UUID | None, *, mailbox: bool = False) -> "Reach":
        """The reach of work for a clinic, or for the network if there is none."""
        return cls(str(clinic_id) if clinic_id else "*", mailbox)

    @property
    def script(self) -> str:
        """The statements that make it so, until the transaction ends."""
        clinic = f"set local kap.clinic = '{self.clinic}'"
        return f"{clinic}; {_MAILBOX_TOO}" if self.mailbox else clinic


# The mailbox's tables are empty when a worker begins and then grow: a plan that was
# made once and kept would read all of them for the few rows that wait.
_MAILBOX_TOO = """
    set local kap.mailbox = 'on'; set local plan_cache_mode = force_custom_plan
"""


MAILBOX = Reach(mailbox=True)
"""For moving envelopes and timers: their tables of every clinic, and no others."""
NETWORK = Reach("*")
"""For work that is about the network. It is stated, never a default."""


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
