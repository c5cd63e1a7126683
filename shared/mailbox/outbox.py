"""The event log, and the way out of it.

The log is the outbox: a row is written with the change it tells of, gets its place in
the feed once it is committed, and is then published. Rows are never deleted here, so
whatever a broker loses can be pulled again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    Table,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)

from shared.database import insert_rows
from shared.envelope import Envelope
from shared.mailbox.tables import event_log, feed

MAX_NACKS = 5

_FIELDS = (
    "type",
    "clinic_id",
    "aggregate_type",
    "aggregate_id",
    "aggregate_version",
    "payload",
    "occurred_at",
    "actor_id",
    "correlation_id",
    "causation_id",
    "traceparent",
)

# One statement numbers everything committed so far, without holes: places are given
# by one lease holder after the commit, so a slow transaction can never be overtaken
# by a reader's cursor.
_SEQUENCE = text("""
    with numbered as (
        select id, row_number() over (order by id) as step
        from event_log where feed_pos is null
        order by id limit :most
    )
    update event_log set feed_pos = (select head from feed where id = 1) + numbered.step
    from numbered where event_log.id = numbered.id
""")
_ADVANCE = text("update feed set head = head + :count")
_WAITING = text("select count(*) from event_log where feed_pos is null")
_PENDING = (
    select(event_log)
    .where(event_log.c.route_state == "pending", event_log.c.feed_pos.is_not(None))
    .order_by(event_log.c.feed_pos)
    .limit(bindparam("most", type_=Integer))
)


class Outcome(StrEnum):
    """What the broker said of a message."""

    ROUTED = "routed"
    UNROUTED = "unrouted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


def as_row(envelope: Envelope) -> dict[str, object]:
    """The columns that the event log and the inbox have in common."""
    return {
        "event_id": envelope.id,
        **{name: getattr(envelope, name) for name in _FIELDS},
    }


def as_envelope(row: Row[tuple[object, ...]], sequence: int | None) -> Envelope:
    """The envelope a row of the event log or the inbox holds."""
    values = row._mapping
    return Envelope(
        id=values["event_id"],
        sequence=sequence,
        **{name: values[name] for name in _FIELDS},
    )


def rows_of(envelopes: Iterable[Envelope]) -> list[tuple[Table, dict[str, object]]]:
    """The rows of events, for the transaction that makes them true."""
    return [(event_log, as_row(envelope)) for envelope in envelopes]


def append(connection: Connection, envelopes: Iterable[Envelope]) -> None:
    """Write events down."""
    insert_rows(connection, rows_of(envelopes))


def open_feed(connection: Connection) -> UUID:
    """The feed's epoch; the first call of a database's life makes it."""
    epoch = connection.execute(select(feed.c.epoch)).scalar()
    if epoch is None:
        epoch = uuid4()
        connection.execute(insert(feed).values(id=1, epoch=epoch, head=0))
    return epoch


def sequence(connection: Connection, most: int = 1000) -> int:
    """Give committed events their places in the feed; how many there were."""
    waiting: int = connection.execute(_WAITING).scalar_one()
    # What is committed meanwhile is left for the next time: the head goes on by exactly
    # as many places as are given.
    count = min(waiting, most)
    if count:
        connection.execute(_SEQUENCE, {"most": count})
        connection.execute(_ADVANCE, {"count": count})
    return count


def to_publish(connection: Connection, most: int) -> list[Envelope]:
    """The next events the broker has not confirmed, in feed order."""
    rows = connection.execute(_PENDING, {"most": most})
    return [as_envelope(row, row.feed_pos) for row in rows]


_SETTLE = (
    update(event_log)
    .where(event_log.c.event_id == bindparam("which"))
    .values(route_state=bindparam("state"), published_at=bindparam("at"))
)
_REFUSE = (
    update(event_log)
    .where(event_log.c.event_id == bindparam("which"))
    .values(
        attempts=event_log.c.attempts + 1,
        route_state=text(
            f"case when attempts + 1 >= {MAX_NACKS} then 'blocked' else 'pending' end"
        ),
    )
)


def settle(
    connection: Connection, outcomes: Sequence[tuple[Envelope, Outcome]], at: datetime
) -> None:
    """Note what became of a batch.

    Unknown ones stay as they are and are published again. A message the broker keeps
    refusing is `blocked`; subscribers then get it from the feed.
    """
    told = [
        envelope.sequence for envelope, outcome in outcomes if outcome is Outcome.ROUTED
    ]
    if told:
        connection.execute(
            update(event_log)
            .where(event_log.c.feed_pos.in_(told))
            .values(route_state="routed", published_at=at)
        )
    for outcome, statement, values in (
        (Outcome.UNROUTED, _SETTLE, {"state": "unrouted", "at": at}),
        (Outcome.REFUSED, _REFUSE, {}),
    ):
        rows = [
            {"which": envelope.id, **values}
            for envelope, said in outcomes
            if said is outcome
        ]
        if rows:
            connection.execute(statement, rows)


def read_feed(
    connection: Connection, *, after: int, types: Sequence[str], limit: int
) -> list[Envelope]:
    """Events after a place in the feed, in order; all types if none are named."""
    query = select(event_log).where(event_log.c.feed_pos > after)
    if types:
        query = query.where(event_log.c.type.in_(types))
    rows = connection.execute(query.order_by(event_log.c.feed_pos).limit(limit))
    return [as_envelope(row, row.feed_pos) for row in rows]


def read_ids(
    connection: Connection, *, after: int, types: Sequence[str], limit: int
) -> list[tuple[int, UUID]]:
    """The places and ids of events after a place: enough to see what is missing."""
    query = (
        select(event_log.c.feed_pos, event_log.c.event_id)
        .where(event_log.c.feed_pos > after, event_log.c.type.in_(types))
        .order_by(event_log.c.feed_pos)
        .limit(limit)
    )
    return [(row.feed_pos, row.event_id) for row in connection.execute(query)]


def head(connection: Connection) -> tuple[UUID | None, int]:
    """The feed's epoch and its last place."""
    row = connection.execute(select(feed.c.epoch, feed.c.head)).first()
    return (row.epoch, row.head) if row else (None, 0)


def complete_until(connection: Connection) -> datetime | None:
    """When the oldest event was told that has no place in the feed yet, if one is."""
    waiting = select(func.min(event_log.c.occurred_at)).where(
        event_log.c.feed_pos.is_(None)
    )
    return connection.execute(waiting).scalar()


def unpublished(connection: Connection) -> tuple[int, datetime | None]:
    """How many events wait to be published, and since when the oldest does."""
    row = connection.execute(
        select(func.count(), func.min(event_log.c.occurred_at)).where(
            event_log.c.route_state == "pending"
        )
    ).one()
    return row[0], row[1]
