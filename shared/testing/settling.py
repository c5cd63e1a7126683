"""Steps the loops of services by hand, until nothing is left for any of them to do."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event, select

from shared.broker import Broker
from shared.mailbox import inbox
from shared.mailbox.tables import event_log
from shared.service import Runtime
from shared.worker.handling import Handling
from shared.worker.receiving import Receiving
from shared.worker.relay import Relay
from shared.worker.reminding import Reminding
from shared.worker.sealing import Sealing

MOST_STEPS = 2_000
PATIENCE_SECONDS = 5.0
WAIT_SECONDS = 0.002

_Seen = tuple[int, int, datetime]
"""Commits in a service's database, batches published by all, and the time."""


class Settling:
    """The loops of some services.

    A service that had nothing to do is left alone until somebody commits something in
    its database, anybody publishes, or the clock moves. What other processes commit is
    not seen: `settle(everything=True)` looks all the same.
    """

    def __init__(
        self, runtimes: Mapping[str, Runtime], broker: Broker, *, is_remote: bool
    ) -> None:
        self._runtimes = runtimes
        self._is_remote = is_remote
        self._commits: Counter[str] = Counter()
        self._published = 0
        self._idle: dict[str, _Seen] = {}
        self._arrived: Counter[str] = Counter()
        self._stepping: tuple[str, int] | None = None
        self.steps: dict[str, list[Any]] = {}
        for name, runtime in runtimes.items():
            self._count_commits(name, runtime)
            # Sealing tells of its anchors, which the relay then finds.
            self.steps[name] = [
                Sealing(runtime),
                Relay(runtime, broker),
                Receiving(
                    runtime, broker, wait_seconds=WAIT_SECONDS if is_remote else 0.0
                ),
                Reminding(runtime),
                Handling(runtime),
            ]

    def settle(self, *, everything: bool = False) -> None:
        """Step until nothing is left.

        What a broker has lost is waited for a while and then left to the repair.

        Raises:
            AssertionError: it does not come to an end.
        """
        if everything:
            self._idle.clear()
        patience = time.monotonic() + PATIENCE_SECONDS
        for _ in range(MOST_STEPS):
            busy = [self._once(name) for name in self.steps if self._has_news(name)]
            if any(busy):
                patience = time.monotonic() + PATIENCE_SECONDS
            elif not self._on_their_way() or time.monotonic() > patience:
                return
            else:
                self._idle.clear()
        raise AssertionError("the platform does not come to rest")

    def close(self) -> None:
        """Give up what the loops hold."""
        for steps in self.steps.values():
            for step in steps:
                step.close()

    def _count_commits(self, name: str, runtime: Runtime) -> None:
        def count(_connection: object) -> None:
            # What a step itself commits shows in what it answers.
            if self._stepping != (name, threading.get_ident()):
                self._commits[name] += 1

        event.listen(runtime.database.engine, "commit", count)

    def _seen(self, name: str) -> _Seen:
        return self._commits[name], self._published, self._runtimes[name].clock()

    def _has_news(self, name: str) -> bool:
        return self._idle.get(name) != self._seen(name)

    def _once(self, name: str) -> bool:
        """Step each loop of a service once; whether one did anything."""
        runtime, seen = self._runtimes[name], self._seen(name)
        self._stepping = (name, threading.get_ident())
        try:
            busy = [self._step(step) for step in self.steps[name]]
            busy += [work(runtime) > 0 for work in runtime.service.pumps.values()]
        finally:
            self._stepping = None
        if not any(busy):
            self._idle[name] = seen
        return any(busy)

    def _step(self, step: Any) -> bool:
        """A relay's wait for news is no work."""
        if isinstance(step, Relay):
            published = step.publish()
            self._published += published
            return published
        busy: bool = step.step()
        return busy

    def _on_their_way(self) -> bool:
        """Whether the broker has taken something that has not arrived yet."""
        if not self._is_remote:
            return False
        return any(self._underway(name) for name in self._runtimes)

    def _underway(self, producer: str) -> bool:
        """The same of one producer; what has arrived is not looked at again."""
        query = (
            select(
                event_log.c.event_id,
                event_log.c.type,
                event_log.c.route_state,
                event_log.c.feed_pos,
            )
            .where(event_log.c.feed_pos > self._arrived[producer])
            .order_by(event_log.c.feed_pos)
        )
        with self._runtimes[producer].mailbox() as connection:
            rows = connection.execute(query).all()
        routed = [row for row in rows if row.route_state == "routed"]
        for runtime in self._runtimes.values():
            types = runtime.service.subscriptions
            ids: list[UUID] = [row.event_id for row in routed if row.type in types]
            if not ids:
                continue
            with runtime.mailbox() as connection:
                if inbox.missing(connection, ids):
                    return True
        if rows and all(row.route_state in ("routed", "unrouted") for row in rows):
            self._arrived[producer] = rows[-1].feed_pos
        return False
