"""What a service is told is kept once and handed out in order."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from shared.database import Database
from shared.envelope import Envelope
from shared.errors import NotFoundError
from shared.ids import uuid7
from shared.mailbox import inbox
from shared.mailbox.inbox import HOLD, JITTER, RETRY_AFTER, Taken, Unreadable
from shared.mailbox.tables import inbox as table
from shared.testing.lab import EVERYTHING, MORNING
from tests.shared.noting import appointment, envelopes

LATER = MORNING + timedelta(days=1)


def store(database: Database, *told: Envelope) -> None:
    """Take envelopes in."""
    with database.begin(EVERYTHING) as connection:
        inbox.store(connection, told, at=MORNING)


def take(database: Database, most: int = 100) -> list[Taken]:
    """What is to be handled now."""
    with database.begin(EVERYTHING) as connection:
        return inbox.take(connection, now=MORNING, most=most)


def done(database: Database, *rows: Taken) -> None:
    """Mark rows handled."""
    with database.begin(EVERYTHING) as connection:
        inbox.done(connection, rows, at=MORNING)


def fail(database: Database, row: Taken, *, permanent: bool = False) -> str:
    """Note that a row could not be handled."""
    with database.begin(EVERYTHING) as connection:
        return inbox.failed(
            connection, row, "no", at=row.available_at, permanent=permanent
        )


def row_of(database: Database, event_id: UUID) -> Taken:
    """A row as it is now."""
    with database.read(EVERYTHING) as connection:
        query = select(table).where(table.c.event_id == event_id)
        return connection.execute(query).one()


def ids(rows: list[Taken]) -> list[UUID]:
    """The events of rows."""
    return [row.event_id for row in rows]


def test_what_is_taken_in_comes_out_as_it_was(database: Database) -> None:
    told = envelopes(appointment(), 1)[0]

    store(database, told)

    assert inbox.envelope_of(take(database)[0]) == told


def test_a_second_copy_finds_its_place_taken(database: Database) -> None:
    first, second = envelopes(appointment(), 2)
    store(database, first, second)
    done(database, take(database)[0])

    store(database, second, first)
    store(database, first)

    assert row_of(database, first.id).state == "done"
    assert ids(take(database)) == [second.id]
    with database.read(EVERYTHING) as connection:
        assert len(connection.execute(select(table)).all()) == 2


def test_of_one_record_only_the_earliest_row_is_handed_out(
    database: Database,
) -> None:
    one, other = envelopes(appointment(), 3), envelopes(appointment(), 2)
    store(database, one[0], one[1], other[0], one[2], other[1])

    handed_out = []
    while rows := take(database):
        handed_out.append(ids(rows))
        done(database, *rows)

    assert handed_out == [
        [one[0].id, other[0].id],
        [one[1].id, other[1].id],
        [one[2].id],
    ]


def test_no_more_rows_are_handed_out_than_asked_for(database: Database) -> None:
    told = [envelopes(appointment(), 1)[0] for _ in range(5)]
    store(database, *told)

    assert ids(take(database, most=3)) == [envelope.id for envelope in told[:3]]


def test_an_earlier_version_that_came_late_does_not_wait_for_the_later_one(
    database: Database,
) -> None:
    first, second = envelopes(appointment(), 2)
    store(database, second, first)

    assert ids(take(database)) == [second.id, first.id]


def test_what_failed_holds_up_its_own_record_and_no_other(database: Database) -> None:
    bad, other = envelopes(appointment(), 2), envelopes(appointment(), 1)
    store(database, *bad, *other)

    fail(database, take(database)[0])

    assert ids(take(database)) == [other[0].id]


def test_what_is_dead_holds_up_its_record_until_a_person_decides(
    database: Database,
) -> None:
    first, second = envelopes(appointment(), 2)
    store(database, first, second)
    assert fail(database, take(database)[0], permanent=True) == "dead"
    assert take(database) == []

    with database.begin(EVERYTHING) as connection:
        inbox.skip(connection, first.id, at=LATER)

    assert ids(take(database)) == [second.id]
    assert row_of(database, first.id).state == "done"


def test_tries_come_ever_later_with_jitter_until_the_last(database: Database) -> None:
    told = envelopes(appointment(), 1)[0]
    store(database, told)
    waits, row = [], row_of(database, told.id)

    while fail(database, row) == "pending":
        again = row_of(database, told.id)
        waits.append(again.available_at - row.available_at)
        assert again.attempts == row.attempts + 1
        row = again

    assert len(waits) == len(RETRY_AFTER)
    for wait, planned in zip(waits, RETRY_AFTER, strict=True):
        assert planned * (1 - JITTER) <= wait <= planned * (1 + JITTER)
    assert waits == sorted(waits)
    dead = row_of(database, told.id)
    assert (dead.state, dead.attempts) == ("dead", len(RETRY_AFTER) + 1)
    assert dead.settled_at is not None


def test_two_rows_that_fail_together_are_not_tried_again_together(
    database: Database,
) -> None:
    told = [envelopes(appointment(), 1)[0] for _ in range(8)]
    store(database, *told)

    for row in take(database):
        fail(database, row)

    times = {row_of(database, each.id).available_at for each in told}
    assert len(times) == len(told)


def test_a_row_that_waits_for_an_earlier_version_has_not_failed(
    database: Database,
) -> None:
    store(database, envelopes(appointment(), 2)[1])
    row = take(database)[0]

    with database.begin(EVERYTHING) as connection:
        inbox.hold(connection, row, at=MORNING)

    held = row_of(database, row.event_id)
    assert (held.attempts, held.state) == (0, "pending")
    assert held.available_at == MORNING + HOLD
    assert take(database) == []


def test_a_failure_that_is_noted_late_does_not_undo_what_another_process_did(
    database: Database,
) -> None:
    store(database, envelopes(appointment(), 1)[0])
    row = take(database)[0]
    done(database, row)

    assert fail(database, row, permanent=True) == "pending"
    with database.begin(EVERYTHING) as connection:
        assert not inbox.lock(connection, row)
        inbox.hold(connection, row, at=MORNING)

    assert row_of(database, row.event_id).state == "done"


def test_a_row_that_another_process_has_tried_is_not_tried_too_early(
    database: Database,
) -> None:
    store(database, envelopes(appointment(), 1)[0])
    row = take(database)[0]
    fail(database, row)

    with database.begin(EVERYTHING) as connection:
        assert not inbox.lock(connection, row)
    fail(database, row)

    assert row_of(database, row.event_id).attempts == 1


def test_a_dead_row_can_be_tried_again_with_all_its_tries(database: Database) -> None:
    store(database, envelopes(appointment(), 1)[0])
    row = take(database)[0]
    fail(database, row, permanent=True)

    with database.begin(EVERYTHING) as connection:
        inbox.retry(connection, row.event_id, at=MORNING)

    assert [again.attempts for again in take(database)] == [0]


@pytest.mark.parametrize("decide", [inbox.retry, inbox.skip])
def test_only_a_dead_row_can_be_decided_on(decide: object, database: Database) -> None:
    store(database, envelopes(appointment(), 1)[0])
    row = take(database)[0]

    for event_id in (row.event_id, uuid7()):
        with (
            pytest.raises(NotFoundError),
            database.begin(EVERYTHING) as connection,
        ):
            assert callable(decide)
            decide(connection, event_id, at=MORNING)

    assert ids(take(database)) == [row.event_id]


def test_what_cannot_be_read_is_kept_once_where_a_person_finds_it(
    database: Database,
) -> None:
    nonsense = Unreadable(body="nonsense", reason="unreadable: no event")
    other = Unreadable(body="other nonsense", reason="unreadable: no event")
    for _ in range(2):
        with database.begin(EVERYTHING) as connection:
            inbox.set_aside(connection, [nonsense, other], at=MORNING)

    with database.read(EVERYTHING) as connection:
        first, second = inbox.dead_rows(connection, limit=10)
        assert ids(inbox.dead_rows(connection, limit=1)) == [first.event_id]
        after = inbox.dead_rows(connection, limit=9, after=first.id)
        assert inbox.counts(connection) == {"pending": 0, "dead": 2}

    assert (first.payload, first.reason) == (nonsense.body, nonsense.reason)
    assert ids(after) == [second.event_id]
    assert take(database) == []


def test_what_was_never_taken_in_is_known(database: Database) -> None:
    here, missing = envelopes(appointment(), 2)
    store(database, here)

    with database.read(EVERYTHING) as connection:
        assert inbox.missing(connection, [here.id, missing.id]) == {missing.id}


def test_skipping_a_version_lets_the_next_one_follow_and_never_goes_back(
    database: Database,
) -> None:
    told = envelopes(appointment(), 3)
    store(database, *told)
    with database.begin(EVERYTHING) as connection:
        inbox.note_version(connection, told[0].aggregate_id, 1)
    for number, applied in ((1, 2), (0, 2), (2, 3)):
        row = row_of(database, told[number].id)
        fail(database, row, permanent=True)
        with database.begin(EVERYTHING) as connection:
            inbox.skip(connection, row.event_id, at=MORNING)
            seen = inbox.version_applied(connection, row.aggregate_id)
        assert seen == applied


def test_rows_that_just_arrived_are_not_compared_each_with_every_other(
    postgres: Database,
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        asked.append((statement, values))

    store(postgres, *(one for _ in range(2_000) for one in envelopes(appointment(), 1)))
    event.listen(postgres.engine, "before_cursor_execute", note)
    take(postgres)
    ((statement, values),) = asked

    with postgres.begin(EVERYTHING) as connection:
        rows = connection.exec_driver_sql(f"explain {statement}", values)
        plan = "\n".join(line for (line,) in rows)

    # PostgreSQL has not counted them yet; a join would be chosen as for no rows.
    assert "Join" not in plan, plan
    assert "SubPlan" in plan, plan
