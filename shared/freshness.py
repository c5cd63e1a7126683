"""Whether facts are fresh: until when all that other services told of them is known.

A fact is as old as the last look at the end of its producer's feed. What was told since
may not have arrived, and what waits unhandled in the inbox may say otherwise.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import inf
from uuid import UUID

from sqlalchemy import Connection, select

from shared.mailbox import inbox
from shared.mailbox.tables import pulled
from shared.readiness import FACT_EVENTS, FactName, told_by

PRODUCERS = tuple(sorted({event.producer for event in FACT_EVENTS}))


@dataclass(frozen=True, kw_only=True)
class Stale:
    """Facts that may have changed since a moment, or, if there is none, at any time."""

    producer: str
    since: datetime | None
    facts: tuple[FactName, ...]


def unseen(
    connection: Connection, *, own: str, at: datetime, seconds: float
) -> dict[str, datetime | None]:
    """The producers whose feed was not seen for so long, and when it was last.

    Args:
        own: who asks; what it tells itself it knows.
    """
    rows = connection.execute(select(pulled.c.producer, pulled.c.seen_at))
    seen: dict[str, datetime | None] = {row[0]: row[1] for row in rows}
    return {
        producer: seen.get(producer)
        for producer in PRODUCERS
        if producer != own and _age(seen.get(producer), at) > seconds
    }


def stale(
    connection: Connection,
    clinic_id: UUID,
    asked: Iterable[FactName],
    *,
    own: str,
    at: datetime,
    seconds: float,
) -> tuple[Stale, ...]:
    """Which of these facts may be out of date in a clinic."""
    since = unseen(connection, own=own, at=at, seconds=seconds)
    types = [event.type for event in FACT_EVENTS]
    for producer, waiting in inbox.waiting_of(connection, clinic_id, types).items():
        # What has only just come in is handled in a moment; what failed is not.
        if waiting.has_failed or _age(waiting.since, at) > seconds:
            since.setdefault(producer, waiting.since)
    return tuple(_facts_of(since, tuple(asked)))


def _facts_of(
    since: dict[str, datetime | None], asked: tuple[FactName, ...]
) -> Iterator[Stale]:
    for producer in sorted(since):
        told = told_by(producer)
        if facts := tuple(fact for fact in asked if fact in told):
            yield Stale(producer=producer, since=since[producer], facts=facts)


def _age(moment: datetime | None, at: datetime) -> float:
    """In seconds; of what never was, without end."""
    return inf if moment is None else (at - moment).total_seconds()
