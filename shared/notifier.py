"""Tells the worker that there is news, across processes, without slowing a commit.

PostgreSQL's NOTIFY inside a transaction makes commits wait for each other. So it is
sent after the commit, by a thread of its own, some thirty times a second at most; a
lost one costs no more than the worker's next poll.
"""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from shared.database import Database

CHANNEL = "kap_news"
LEAST_PAUSE_SECONDS = 0.03
"""Telling costs as much as an insert: under load one tells of many commits."""

log = logging.getLogger(__name__)


class Notifier:
    """Sends NOTIFY for one process; its thread starts with the first news."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def tell(self) -> None:
        """Say that there is news; returns at once."""
        self._news.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._run, name="notifier", daemon=True
                    )
                    self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(2)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.wait()
            self._news.clear()
            try:
                with self._database.session() as connection:
                    connection.exec_driver_sql(f"notify {CHANNEL}")
            except SQLAlchemyError:
                log.debug("news could not be told; the worker polls", exc_info=True)
            self._stopping.wait(LEAST_PAUSE_SECONDS)
