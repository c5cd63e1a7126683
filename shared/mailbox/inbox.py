"""What a service was told: taken in once, handled in order, tried again, set aside.

A row is `pending` until its handler's effect is committed, then `done`; after the last
try, or at once when trying again is pointless, it is `dead` and later events of the
same aggregate wait behind it until a person retries or skips it.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)

from shared.database import insert_new
from shared.envelope import Envelope
from shared.errors import NotFoundError
from shared.mailbox.outbox import as_envelope, as_row
from shared.mailbox.tables import applied, inbox

RETRY_AFTER = tuple(timedelta(seconds=s) for s in (1, 4, 15, 60, 300, 1800, 7200))
JITTER = 0.2
HOLD = timedelta(seconds=1)

Taken = Row[tuple[Any, ...]]


def store(
    connection: Connection, envelopes: Iterable[Envelope], *, at: datetime
) -> None:
    """Take envelopes in; one that is already here keeps its place and its state."""
    rows = [
        {
            **as_row(envelope),
            "producer": envelope.producer,
            "sequence": envelope.sequence,
            "stored_at": at,
            "available_at": at,
        }
        for envelope in envelopes
    ]
    if rows:
        insert_new(connection, inbox, rows)


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """Something that arrived and is not an event: its text, and why it is not."""

    body: str
    reason: str


def set_aside(
    connection: Connection, unreadable: Iterable[Unreadable], *, at: datetime
) -> None:
    """Keep what cannot be read as a dead row, where a person finds it."""
    rows = []
    for item in unreadable:
        same = uuid5(NAMESPACE_URL, item.body)
        rows.append(
            {
                "event_id": same,
                "type": "unreadable",
                "aggregate_type": "unreadable",
                "aggregate_id": same,
                "aggregate_version": 0,
                "payload": item.body,
                "occurred_at": at,
                "producer": "unknown",
                "stored_at": at,
                "available_at": at,
                "state": "dead",
                "settled_at": at,
                "reason": item.reason,
            }
        )
    if rows:
        insert_new(connection, inbox, rows)


def take(
    connection: Connection, *, now: datetime, most: int, clinic_id: UUID | None = None
) -> list[Taken]:
    """Due rows, oldest first, locked; at most one of an aggregate, its earliest.

    All clinics' rows, unless one is named.

    A row that came later but tells of an earlier version does not wait: the other may
    be held until exactly this row has been handled.
    """
    due = _DUE if clinic_id is None else _DUE.where(inbox.c.clinic_id == clinic_id)
    return list(connection.execute(due, {"now": now, "most": most}))


def _due() -> Select[tuple[Any, ...]]:
    """The rows that are `take`n; asked for again and again, so it is built once."""
    earlier = inbox.alias("earlier")
    is_ahead = and_(
        earlier.c.aggregate_type == inbox.c.aggregate_type,
        earlier.c.aggregate_version > inbox.c.aggregate_version,
    )
    before = select(literal(1)).where(
        earlier.c.aggregate_id == inbox.c.aggregate_id,
        earlier.c.state != "done",
        earlier.c.id < inbox.c.id,
        ~is_ahead,
    )
    # An offset keeps PostgreSQL from making a join of it. When very many rows have just
    # arrived, it knows nothing of them yet and would compare each with every other.
    waits = before.correlate(inbox).offset(0).exists()
    return (
        select(inbox)
        .where(
            inbox.c.state == "pending",
            inbox.c.available_at <= bindparam("now"),
            ~waits,
        )
        .order_by(inbox.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True, of=inbox)
    )


_DUE = _due()


def let_others_finish(connection: Connection, clinic_id: UUID) -> None:
    """Wait for whoever handles a row of a clinic at this moment (PostgreSQL)."""
    query = select(inbox.c.id).where(
        inbox.c.clinic_id == clinic_id, inbox.c.state == "pending"
    )
    connection.execute(query.order_by(inbox.c.id).with_for_update()).all()


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What is in the inbox of one producer's and not handled."""

    since: datetime
    has_failed: bool


def waiting_of(
    connection: Connection, clinic_id: UUID, types: Iterable[str]
) -> dict[str, Waiting]:
    """What of a clinic and of these types is not handled, by producer."""
    rows = connection.execute(
        select(
            inbox.c.producer,
            func.min(inbox.c.stored_at),
            func.count(inbox.c.reason),
        )
        .where(
            inbox.c.clinic_id == clinic_id,
            inbox.c.state != "done",
            inbox.c.type.in_(list(types)),
        )
        .group_by(inbox.c.producer)
    )
    return {
        producer: Waiting(since=since, has_failed=failed > 0)
        for producer, since, failed in rows
    }


def lock(connection: Connection, row: Taken) -> bool:
    """Lock one row to handle it; False if another process has it or has tried it."""
    query = select(inbox.c.id).where(_unchanged(row)).with_for_update(skip_locked=True)
    return connection.execute(query).first() is not None


def _unchanged(row: Taken) -> ColumnElement[bool]:
    """The row, if nobody else has tried it since it was taken."""
    return and_(
        inbox.c.id == row.id,
        inbox.c.state == "pending",
        inbox.c.attempts == row.attempts,
    )


def envelope_of(row: Taken) -> Envelope:
    """The envelope a row holds."""
    return as_envelope(row, row.sequence)


def done(connection: Connection, rows: Sequence[Taken], *, at: datetime) -> None:
    """Mark rows handled, in the transaction that holds their effect."""
    if rows:
        connection.execute(
            update(inbox)
            .where(inbox.c.id.in_([row.id for row in rows]))
            .values(state="done", settled_at=at, attempts=inbox.c.attempts + 1)
        )


def failed(
    connection: Connection, row: Taken, reason: str, *, at: datetime, permanent: bool
) -> str:
    """Note a failed try: later again, or `dead`; the new state.

    A row that another process has handled in the meantime stays as it is.
    """
    give_up = permanent or row.attempts >= len(RETRY_AFTER)
    values: dict[str, Any] = {"attempts": row.attempts + 1, "reason": reason[:2000]}
    if give_up:
        values |= {"state": "dead", "settled_at": at}
    else:
        wait = RETRY_AFTER[row.attempts] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
        values |= {"available_at": at + wait}
    noted = connection.execute(update(inbox).where(_unchanged(row)).values(values))
    return "dead" if give_up and noted.rowcount else "pending"


def hold(connection: Connection, row: Taken, *, at: datetime) -> None:
    """Let a row wait for the version before it; this is no failed try."""
    connection.execute(
        update(inbox)
        .where(_unchanged(row))
        .values(available_at=at + HOLD, reason="waits for an earlier version")
    )


def version_applied(connection: Connection, aggregate_id: UUID) -> int:
    """The last version of an aggregate that an ordered handler has seen, from 0."""
    query = select(applied.c.version).where(applied.c.aggregate_id == aggregate_id)
    return connection.execute(query).scalar() or 0


def note_version(connection: Connection, aggregate_id: UUID, version: int) -> None:
    """Note the version an ordered handler has now seen."""
    changed = connection.execute(
        update(applied)
        .where(applied.c.aggregate_id == aggregate_id)
        .values(version=version)
    )
    if not changed.rowcount:
        connection.execute(
            insert(applied).values(aggregate_id=aggregate_id, version=version)
        )


def missing(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these events were never taken in."""
    here = connection.execute(select(inbox.c.event_id).where(inbox.c.event_id.in_(ids)))
    return set(ids) - set(here.scalars())


def traceparent_of(connection: Connection, event_id: UUID | None) -> str | None:
    """The trace an event was told in."""
    query = select(inbox.c.traceparent).where(inbox.c.event_id == event_id)
    return connection.execute(query).scalar()


def dead_rows(connection: Connection, *, limit: int, after: int = 0) -> list[Taken]:
    """Rows that wait for a person, oldest first."""
    query = select(inbox).where(inbox.c.state == "dead", inbox.c.id > after)
    return list(connection.execute(query.order_by(inbox.c.id).limit(limit)))


def retry(connection: Connection, event_id: UUID, *, at: datetime) -> None:
    """Try a dead row again, with all its tries.

    Raises:
        NotFoundError: there is no such dead row.
    """
    _revive(connection, event_id, state="pending", available_at=at, attempts=0)


def skip(connection: Connection, event_id: UUID, *, at: datetime) -> None:
    """Give a dead row up for good, so that what waits behind it goes on.

    Raises:
        NotFoundError: there is no such dead row.
    """
    _revive(connection, event_id, state="done", settled_at=at)
    row = connection.execute(select(inbox).where(inbox.c.event_id == event_id)).one()
    if row.aggregate_version > version_applied(connection, row.aggregate_id):
        # An ordered handler would else wait for this version for ever.
        note_version(connection, row.aggregate_id, row.aggregate_version)


def _revive(connection: Connection, event_id: UUID, **values: Any) -> None:
    changed = connection.execute(
        update(inbox)
        .where(inbox.c.event_id == event_id, inbox.c.state == "dead")
        .values(**values)
    )
    if not changed.rowcount:
        raise NotFoundError("there is no such dead row")


def counts(connection: Connection) -> dict[str, int]:
    """How many rows wait and how many are dead."""
    rows = connection.execute(
        select(inbox.c.state, func.count())
        .where(inbox.c.state != "done")
        .group_by(inbox.c.state)
    )
    return {"pending": 0, "dead": 0} | {row[0]: row[1] for row in rows}
