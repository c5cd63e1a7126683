"""Rings for whoever waits until something is told of a session.

A page that asks every second shows a reading half a second late, and mostly asks in
vain. So a request may wait here: one thread looks for all that wait in a process, as
soon as PostgreSQL says that there is news, else a few times a second. It lives only
while somebody waits.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import SQLAlchemyError

from services.console.models import timeline
from shared.context import Context
from shared.errors import UnavailableError
from shared.notifier import CHANNEL
from shared.service import Runtime

log = logging.getLogger(__name__)

BELL = "kap_bell"
"""Where an application has its bell."""

MOST_WAITING = 200
MOST_WAITING_EMBEDDED = 8
"""Each holds a thread that answers no other request; the embedded platform has few."""

LOOK_SECONDS = 0.2
BREATH_SECONDS = 0.03
LOOKED_BACK = timedelta(seconds=30)
"""What comes with an older time is found when a page asks by itself."""

_RECENT = select(
    timeline.c.event_id, timeline.c.clinic_id, timeline.c.session_id
).where(
    timeline.c.clinic_id.in_(bindparam("clinics", expanding=True)),
    timeline.c.occurred_at > bindparam("since"),
    timeline.c.session_id.is_not(None),
)

Session = tuple[UUID, UUID]
"""A clinic and one of its sessions."""


class Bell:
    """The bell of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        is_embedded = runtime.database.is_sqlite
        self._most = MOST_WAITING_EMBEDDED if is_embedded else MOST_WAITING
        self._lock = threading.Lock()
        self._waiting: dict[Session, list[threading.Event]] = defaultdict(list)
        self._count = 0
        self._seen: set[UUID] = set()
        self._thread: threading.Thread | None = None

    @contextmanager
    def listening(
        self, clinic_id: UUID, session_id: UUID
    ) -> Iterator[Callable[[float], bool]]:
        """Hear whatever is told of a session from now on.

        What is given waits so many seconds at most, and says whether it rang since it
        was last asked.

        Raises:
            UnavailableError: so many wait that others would not be answered.
        """
        rung, session = threading.Event(), (clinic_id, session_id)
        self._add(session, rung)

        def wait(seconds: float) -> bool:
            rang = rung.wait(seconds)
            rung.clear()
            return rang

        try:
            yield wait
        finally:
            self._remove(session, rung)

    def _add(self, session: Session, rung: threading.Event) -> None:
        with self._lock:
            if self._count >= self._most:
                raise UnavailableError(
                    "too many pages wait for news; ask again instead"
                )
            self._count += 1
            self._waiting[session].append(rung)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="console-bell", daemon=True
                )
                self._thread.start()

    def _remove(self, session: Session, rung: threading.Event) -> None:
        with self._lock:
            self._count -= 1
            self._waiting[session].remove(rung)
            if not self._waiting[session]:
                del self._waiting[session]

    def _run(self) -> None:
        """Look while anybody waits; if that fails, ring for all, who then look."""
        try:
            with self._hearing() as hear:
                while self._goes_on():
                    self._look()
                    hear()
        except (SQLAlchemyError, UnavailableError):
            log.warning("pages that wait are not told of news", exc_info=True)
            self._end()

    @contextmanager
    def _hearing(self) -> Iterator[Callable[[], None]]:
        """What waits until there may be something to look for."""
        if self._runtime.database.is_sqlite:
            yield lambda: time.sleep(LOOK_SECONDS)
            return
        with self._runtime.database.session() as connection:
            connection.execute(text(f"listen {CHANNEL}"))
            raw = connection.connection.driver_connection
            assert raw is not None

            def hear() -> None:
                for _ in raw.notifies(timeout=1, stop_after=1):
                    # What comes in the same moment is looked for together.
                    time.sleep(BREATH_SECONDS)

            try:
                yield hear
            finally:
                # Nobody else is to hear what it listens for.
                connection.invalidate()

    def _goes_on(self) -> bool:
        """Whether anybody waits; if not, whoever comes next starts another thread."""
        with self._lock:
            if not self._count:
                self._thread = None
            return self._count > 0

    def _end(self) -> None:
        with self._lock:
            self._thread = None
            for waiting in self._waiting.values():
                for rung in waiting:
                    rung.set()

    def _look(self) -> None:
        """Ring for every session of which something new is told."""
        with self._lock:
            clinics = {clinic_id for clinic_id, _ in self._waiting}
        since = self._runtime.clock() - LOOKED_BACK
        asking = Context(actor=self._runtime.service.actor)
        with self._runtime.reading(asking) as reading:
            recent = reading.connection.execute(
                _RECENT, {"clinics": list(clinics), "since": since}
            ).all()
        new = {(row[1], row[2]) for row in recent if row[0] not in self._seen}
        self._seen = {row[0] for row in recent}
        with self._lock:
            for session in new & self._waiting.keys():
                for rung in self._waiting[session]:
                    rung.set()
