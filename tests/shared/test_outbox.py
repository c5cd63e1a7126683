"""What was told is told in order, without a gap, whoever was slow."""

import random
import threading
import time
from collections import defaultdict
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from shared.database import Database
from shared.envelope import Envelope
from shared.mailbox import outbox
from shared.mailbox.outbox import MAX_NACKS, Outcome
from shared.mailbox.tables import event_log
from shared.testing.lab import EVERYTHING, MORNING
from tests.shared.noting import appointment, envelopes
from tests.shared.rooms import Begin, add, log, room

THREADS = 6
EACH = 25


@pytest.fixture
def feed(database: Database) -> Database:
    """A database whose feed has an epoch."""
    with database.begin(EVERYTHING) as connection:
        outbox.open_feed(connection)
    return database


def sequence(database: Database, most: int = 1000) -> int:
    """Let the sequencer look once."""
    with database.begin(EVERYTHING) as connection:
        outbox.open_feed(connection)
        return outbox.sequence(connection, most)


def read(database: Database, after: int = 0, limit: int = 10_000) -> list[Envelope]:
    """What a reader of the feed gets."""
    with database.read(EVERYTHING) as connection:
        return outbox.read_feed(connection, after=after, types=(), limit=limit)


def places(found: list[Envelope]) -> list[int | None]:
    """The places of what was read."""
    return [envelope.sequence for envelope in found]


def append(connection: Connection, count: int) -> list[Envelope]:
    """Write so many events of one appointment."""
    told = envelopes(appointment(), count)
    outbox.append(connection, told)
    return told


def test_places_are_given_in_order_and_batches_leave_no_gap(feed: Database) -> None:
    with feed.begin(EVERYTHING) as connection:
        told = append(connection, 7)

    assert [sequence(feed, most=3) for _ in range(4)] == [3, 3, 1, 0]

    found = read(feed)
    assert places(found) == [1, 2, 3, 4, 5, 6, 7]
    assert [envelope.id for envelope in found] == [envelope.id for envelope in told]
    with feed.read(EVERYTHING) as connection:
        assert outbox.head(connection)[1] == 7


def test_what_is_not_committed_has_no_place(feed: Database) -> None:
    with pytest.raises(ZeroDivisionError), feed.begin(EVERYTHING) as connection:
        append(connection, 2)
        raise ZeroDivisionError

    assert sequence(feed) == 0
    assert read(feed) == []


def test_a_feed_keeps_its_epoch(feed: Database) -> None:
    with feed.begin(EVERYTHING) as connection:
        first = outbox.open_feed(connection)
    with feed.begin(EVERYTHING) as connection:
        assert outbox.open_feed(connection) == first
        assert outbox.head(connection) == (first, 0)


def test_a_slow_transaction_is_not_lost_to_a_reader_that_went_on(
    postgres: Database,
) -> None:
    with postgres.begin(EVERYTHING) as slow:
        early = append(slow, 1)[0]
        with postgres.begin(EVERYTHING) as fast:
            late = append(fast, 1)[0]
        sequence(postgres)
        seen = read(postgres)
    sequence(postgres)

    rest = read(postgres, after=seen[-1].sequence or 0)

    assert [envelope.id for envelope in seen] == [late.id]
    assert [envelope.id for envelope in rest] == [early.id]
    assert places(seen + rest) == [1, 2]


def test_a_reader_behind_many_writers_misses_nothing_and_sees_every_record_in_order(
    postgres: Database,
) -> None:
    writing = threading.Barrier(THREADS + 1)

    def write(number: int) -> None:
        chance = random.Random(number)
        told = envelopes(appointment(), EACH)
        writing.wait()
        while told:
            count = chance.randint(1, 4)
            with postgres.begin(EVERYTHING) as connection:
                outbox.append(connection, told[:count])
                # It stays open a while, so that others overtake it.
                time.sleep(chance.random() * 0.02)
            told = told[count:]

    threads = [threading.Thread(target=write, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    found: list[Envelope] = []
    writing.wait()
    while any(thread.is_alive() for thread in threads) or sequence(postgres):
        sequence(postgres, most=random.Random(len(found)).randint(1, 20))
        found += read(postgres, after=len(found), limit=15)
    found += read(postgres, after=len(found))

    assert places(found) == list(range(1, len(found) + 1))
    assert {envelope.id for envelope in found} == written(postgres)
    versions: dict[UUID, list[int]] = defaultdict(list)
    for envelope in found:
        versions[envelope.aggregate_id].append(envelope.aggregate_version)
    assert len(versions) == THREADS
    for told in versions.values():
        assert told == list(range(1, EACH + 1))


def written(database: Database) -> set[UUID]:
    """Every event in the log."""
    with database.read(EVERYTHING) as connection:
        return set(connection.execute(select(event_log.c.event_id)).scalars())


def test_versions_of_a_record_have_no_gap_though_some_changes_were_taken_back(
    begin: Begin, database: Database
) -> None:
    resource = add(begin, room())
    for number in range(6):
        try:
            with begin() as uow:
                seen = uow.get(type(resource), resource.id)
                uow.publish(seen.add(), of=seen)
                if number % 2:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            continue

    assert [version for _, version in log(database)] == [1, 2, 3, 4]


def test_what_the_broker_took_is_not_published_again(feed: Database) -> None:
    told = publishable(feed, 4)
    outcomes = [Outcome.ROUTED, Outcome.UNROUTED, Outcome.UNKNOWN, Outcome.REFUSED]

    settle(feed, dict(zip(told, outcomes, strict=True)))

    assert waiting(feed) == [told[2].id, told[3].id]
    assert states(feed) == ["routed", "unrouted", "pending", "pending"]
    with feed.read(EVERYTHING) as connection:
        assert outbox.unpublished(connection) == (2, MORNING)


def test_a_message_the_broker_keeps_refusing_is_blocked_and_holds_up_no_other(
    feed: Database,
) -> None:
    bad, good = publishable(feed, 2)

    for attempt in range(MAX_NACKS):
        assert bad.id in waiting(feed), attempt
        settle(feed, {bad: Outcome.REFUSED})

    assert waiting(feed) == [good.id]
    assert states(feed) == ["blocked", "pending"]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_feed_serves_an_event_whatever_the_broker_said_of_it(
    outcome: Outcome, feed: Database
) -> None:
    told = publishable(feed, 1)[0]

    for _ in range(MAX_NACKS):
        settle(feed, {told: outcome})

    assert [envelope.id for envelope in read(feed)] == [told.id]


def test_a_reader_may_ask_for_some_types_only(feed: Database) -> None:
    told = publishable(feed, 3)
    with feed.read(EVERYTHING) as connection:
        places = outbox.read_ids(
            connection, after=1, types=[told[0].type, "kap.x.y.z.v1"], limit=1
        )
        others = outbox.read_ids(connection, after=0, types=["kap.x.v1"], limit=9)

    assert places == [(2, told[1].id)]
    assert others == []


def publishable(database: Database, count: int) -> list[Envelope]:
    """So many events with places."""
    with database.begin(EVERYTHING) as connection:
        append(connection, count)
    sequence(database)
    return read(database)


def settle(database: Database, outcomes: dict[Envelope, Outcome]) -> None:
    """Note what the broker said."""
    with database.begin(EVERYTHING) as connection:
        outbox.settle(connection, list(outcomes.items()), MORNING)


def waiting(database: Database) -> list[UUID]:
    """What would be published next."""
    with database.begin(EVERYTHING) as connection:
        return [envelope.id for envelope in outbox.to_publish(connection, 100)]


def states(database: Database) -> list[str]:
    """What the log says of every event."""
    with database.read(EVERYTHING) as connection:
        rows = connection.execute(select(event_log).order_by(event_log.c.feed_pos))
        return [row.route_state for row in rows]
