"""What a broker loses is pulled from the feeds."""

from uuid import UUID, uuid4

import pytest
from kombu import Connection
from sqlalchemy import select, text

from shared.access import Role
from shared.errors import NotFoundError, UnavailableError
from shared.events.intake import ReferralReceived
from shared.events.scheduling import EscortConfirmed, ResourceAdded
from shared.mailbox.tables import pulled
from shared.testing.lab import EVERYTHING, Lab
from shared.worker.relay import Relay
from shared.worker.repair import PAGE, Repair
from tests.conftest import MakeLab, Stack
from tests.shared.noting import Noting, appointment, scheduling, tell

in_memory = pytest.mark.parametrize("stack", ["memory"], indirect=True)


@pytest.fixture
def noting() -> Noting:
    """A service that notes what it hears."""
    return Noting()


def publish(lab: Lab) -> None:
    """Let scheduling hand what it told to the broker, and nobody take it."""
    relay = Relay(lab.runtime("scheduling"), lab.platform.broker)
    while relay.publish():
        pass
    relay.close()


def repair(lab: Lab) -> None:
    """Let the small service pull until it has everything."""
    step = Repair(lab.runtime("console"))
    while step.step():
        pass


def position(lab: Lab) -> tuple[UUID, int] | None:
    """How far the small service has walked scheduling's feed."""
    with lab.runtime("console").begin(EVERYTHING) as connection:
        row = connection.execute(select(pulled)).first()
        return (row.epoch, row.position) if row else None


def test_what_a_broker_took_and_lost_is_pulled_in_order(
    make_lab: MakeLab, stack: Stack, noting: Noting
) -> None:
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    records = [appointment(), appointment()]
    tell(lab, *records, times=2)
    publish(lab)
    if stack.broker_url:
        with Connection(stack.broker_url) as connection:
            assert connection.default_channel.queue_purge("console") == 4
    else:
        lab.close()
        lab = make_lab([scheduling, noting.service])

    repair(lab)
    lab.settle()

    heard = noting.noted(lab)
    assert sorted(heard) == sorted((each.id, n) for each in records for n in (1, 2))
    assert all(heard.index((e.id, 1)) < heard.index((e.id, 2)) for e in records)


@in_memory
def test_what_was_taken_from_memory_and_never_stored_is_pulled(
    make_lab: MakeLab, noting: Noting
) -> None:
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    tell(lab, appointment(), times=2)
    publish(lab)
    receiver = lab.platform.broker.receiver("console")
    assert len(receiver.receive(0)) == 2
    # It could not be stored, and this broker does not bring it again.
    receiver.close()
    lab.settle()
    assert noting.versions(lab) == []

    repair(lab)
    lab.settle()

    assert noting.versions(lab) == [1, 2]


@in_memory
def test_what_came_by_both_ways_is_handled_once(
    make_lab: MakeLab, noting: Noting
) -> None:
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    tell(lab, appointment(), times=3)
    publish(lab)

    repair(lab)
    lab.settle()
    repair(lab)
    lab.settle()

    assert noting.versions(lab) == [1, 2, 3]


@in_memory
def test_what_was_told_before_a_service_existed_is_pulled_too(
    make_lab: MakeLab, noting: Noting
) -> None:
    alone = make_lab([scheduling])
    tell(alone, *(appointment() for _ in range(3)))
    alone.settle()
    alone.close()
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)

    repair(lab)
    lab.settle()

    assert len(noting.noted(lab)) == 3


@in_memory
def test_a_long_feed_is_walked_page_by_page_to_its_end(
    make_lab: MakeLab, noting: Noting
) -> None:
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    tell(lab, *(appointment() for _ in range(PAGE + 3)))
    publish(lab)
    lab.close()
    lab = make_lab([scheduling, noting.service])

    step = Repair(lab.runtime("console"))
    assert step.step() is True
    assert step.step() is False
    lab.settle()

    assert noting.versions(lab) == [1] * (PAGE + 3)
    found = position(lab)
    assert found
    assert found[1] == PAGE + 3


@in_memory
def test_only_what_the_service_listens_to_is_pulled(make_lab: MakeLab) -> None:
    noting = Noting(events=[ResourceAdded])
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    tell(lab, appointment(), times=3)
    publish(lab)

    repair(lab)
    lab.settle()

    assert lab.inbox("console") == []


def test_a_feed_with_a_new_epoch_is_walked_anew_and_nothing_handled_twice(
    make_lab: MakeLab, stack: Stack, noting: Noting
) -> None:
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    tell(lab, appointment(), times=4)
    lab.settle()
    repair(lab)
    before = position(lab)
    with lab.runtime("scheduling").begin(EVERYTHING) as connection:
        # A backup was restored: the last two events are gone, others took their places.
        connection.execute(text("delete from event_log where feed_pos > 2"))
        change = text("update feed set epoch = :epoch, head = 2")
        connection.execute(change, {"epoch": uuid4().hex})
    tell(lab, appointment())
    lab.settle()

    repair(lab)
    lab.settle()

    after = position(lab)
    assert before
    assert after
    assert before[0] != after[0]
    assert (before[1], after[1]) == (4, 3)
    assert noting.versions(lab) == [1, 2, 3, 4, 1]


@in_memory
def test_a_producer_that_does_not_answer_keeps_nothing_of_the_others_back(
    make_lab: MakeLab,
) -> None:
    noting = Noting(events=[ReferralReceived, EscortConfirmed])
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    tell(lab, appointment())
    publish(lab)
    step = Repair(lab.runtime("console"))

    # There is no intake here.
    with pytest.raises((NotFoundError, UnavailableError)):
        step.step()
    lab.settle()

    assert noting.versions(lab) == [1]


@in_memory
def test_feeds_are_not_asked_more_often_than_said_unless_there_is_a_gap(
    make_lab: MakeLab, noting: Noting
) -> None:
    lab = make_lab([scheduling, noting.service], repair_seconds=3600.0)
    noting.prepare(lab)
    step = Repair(lab.runtime("console"))
    step.step()
    tell(lab, appointment())
    publish(lab)

    step.step()
    assert lab.inbox("console") == []
    step.now()
    step.step()

    assert len(lab.inbox("console")) == 1


@in_memory
def test_a_feed_is_for_machines_of_the_network_only(
    make_lab: MakeLab, noting: Noting
) -> None:
    lab = make_lab([scheduling])
    tell(lab, appointment(), times=2)
    lab.settle()

    page = lab.caller(Role.SERVICE).get("scheduling", "/feed", after=1)
    refused = lab.caller(Role.INTEGRATOR).refused("scheduling", "/feed", method="GET")

    assert [item["sequence"] for item in page["items"]] == [f"{2:020d}"]
    assert page["head"] == 2
    assert refused["status"] == 403
    assert page["items"][0]["id"] == str(lab.told("scheduling")[1].id)
