"""Every metric with its unit; none has a label that names a patient."""

import os
from collections.abc import Iterable
from datetime import datetime

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from shared.database import is_outage
from shared.mailbox import inbox, outbox, timers
from shared.reach import MAILBOX
from shared.service import Runtime

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUEST_SECONDS = Histogram(
    "kap_http_request_seconds",
    "Time to answer a request",
    ["service", "route", "method", "status"],
    buckets=BUCKETS,
)
LIMITED = Counter(
    "kap_http_limited",
    "Requests refused because there were too many",
    ["service", "limit"],
)
UNCOUNTED = Counter(
    "kap_http_uncounted", "Requests let through while counts were away", ["service"]
)
PUBLISHED = Counter(
    "kap_outbox_published", "Events handed to the broker", ["service", "outcome"]
)
HANDLED = Counter(
    "kap_inbox_handled", "Events and timers handled", ["service", "result"]
)
HANDLER_SECONDS = Histogram(
    "kap_handler_seconds", "Time to handle one", ["service"], buckets=BUCKETS
)
REPAIRED = Counter(
    "kap_inbox_repaired", "Events pulled from a feed", ["service", "producer"]
)


class MailboxCollector(Collector):
    """What only the database knows: what waits, and for how long."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges of this moment; while the database is away, that it is."""
        try:
            gauges = self._read()
        except Exception as error:
            if not is_outage(error):
                raise
            return [self._gauge("kap_database_up", "Whether the database answers", 0)]
        return gauges

    def _read(self) -> list[GaugeMetricFamily]:
        now = self._runtime.clock()
        with self._runtime.database.read(MAILBOX) as connection:
            waiting, oldest = outbox.unpublished(connection)
            states = inbox.counts(connection)
            next_timer = timers.overdue(connection)
            _, head = outbox.head(connection)
        return [
            self._gauge("kap_database_up", "Whether the database answers", 1),
            self._gauge("kap_outbox_unsent", "Events not published yet", waiting),
            self._gauge(
                "kap_outbox_oldest_unsent_seconds",
                "Age of the oldest event not published yet",
                _age(oldest, now),
            ),
            self._gauge("kap_feed_head", "Last place in the feed", head),
            self._gauge("kap_inbox_pending", "Rows to be handled", states["pending"]),
            self._gauge(
                "kap_inbox_dead", "Rows that wait for a person", states["dead"]
            ),
            self._gauge(
                "kap_timer_overdue_seconds",
                "How late the earliest timer is",
                _age(next_timer, now),
            ),
        ]

    def _gauge(self, name: str, about: str, value: float) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, about, labels=["service"])
        family.add_metric([self._runtime.service.name], value)
        return family


def exposition(runtime: Runtime) -> bytes:
    """The metrics of this process, or of all processes of one API, as text."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        processes = CollectorRegistry()
        MultiProcessCollector(processes)  # type: ignore[no-untyped-call]
    else:
        processes = REGISTRY
    mailbox = CollectorRegistry()
    mailbox.register(MailboxCollector(runtime))
    return generate_latest(processes) + generate_latest(mailbox)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
