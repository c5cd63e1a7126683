"""The broker of a platform that is one process."""

from uuid import uuid4

import pytest

from shared.broker import BATCH, Broker, Receiver, connect
from shared.broker.memory import MemoryBroker
from shared.envelope import Envelope
from shared.events.scheduling import EscortConfirmed, ResourceAdded
from shared.mailbox.outbox import Outcome
from tests.shared.noting import appointment, envelopes

ESCORTS = {"console": [EscortConfirmed.type]}


@pytest.fixture
def broker() -> Broker:
    """A broker nobody else uses, with one queue for escorts."""
    made = connect(f"memory://{uuid4().hex}")
    made.declare(ESCORTS)
    return made


def publish(broker: Broker, *told: Envelope) -> list[Outcome]:
    """Publish on a connection of its own; what became of each."""
    publisher = broker.publisher("test")
    outcomes = publisher.publish(told)
    publisher.close()
    assert [envelope for envelope, _ in outcomes] == list(told)
    return [outcome for _, outcome in outcomes]


def receive(receiver: Receiver) -> list[Envelope]:
    """What has arrived."""
    deliveries = receiver.receive(0.05)
    for delivery in deliveries:
        delivery.acknowledge()
    return [Envelope.from_headers(each.headers, each.body) for each in deliveries]


def test_a_memory_url_names_a_broker_in_memory() -> None:
    assert isinstance(connect("memory://somewhere"), MemoryBroker)


def test_what_is_published_arrives_as_it_was_in_order(broker: Broker) -> None:
    told = envelopes(appointment(), 5)

    assert publish(broker, *told) == [Outcome.ROUTED] * 5

    receiver = broker.receiver("console")
    assert receive(receiver) == told
    assert receive(receiver) == []
    receiver.close()


def test_each_queue_gets_its_own_copy(broker: Broker) -> None:
    broker.declare({"notifications": [EscortConfirmed.type]})
    told = envelopes(appointment(), 1)

    publish(broker, *told)

    for queue in ("console", "notifications"):
        receiver = broker.receiver(queue)
        assert receive(receiver) == told
        receiver.close()


def test_what_nobody_is_bound_to_is_unrouted() -> None:
    broker = connect(f"memory://{uuid4().hex}")
    broker.declare({"console": [ResourceAdded.type]})

    assert publish(broker, *envelopes(appointment(), 2)) == [Outcome.UNROUTED] * 2

    receiver = broker.receiver("console")
    assert receive(receiver) == []
    receiver.close()


def test_what_was_acknowledged_does_not_come_again(broker: Broker) -> None:
    publish(broker, *envelopes(appointment(), 2))
    first = broker.receiver("console")
    receive(first)
    first.close()

    second = broker.receiver("console")
    assert receive(second) == []
    second.close()


def test_no_more_arrives_at_once_than_a_batch(broker: Broker) -> None:
    told = envelopes(appointment(), BATCH + 20)
    publish(broker, *told)
    receiver = broker.receiver("console")

    first, second = receive(receiver), receive(receiver)
    receiver.close()

    assert (len(first), len(second)) == (BATCH, 20)
    assert first + second == told


def test_platforms_in_one_process_do_not_hear_each_other(broker: Broker) -> None:
    other = connect(f"memory://{uuid4().hex}")
    other.declare(ESCORTS)

    publish(other, *envelopes(appointment(), 1))

    receiver = broker.receiver("console")
    assert receive(receiver) == []
    receiver.close()


def test_queues_that_were_not_declared_are_missing(broker: Broker) -> None:
    assert broker.missing(["console", "intake"]) == ["intake"]


def test_a_broker_that_ended_keeps_no_queue_and_its_space_begins_anew() -> None:
    space = f"memory://{uuid4().hex}"
    first, second = connect(space), connect(space)
    for made in (first, second):
        made.declare(ESCORTS)
    told = envelopes(appointment(), 2)
    publish(first, told[0])

    first.close()
    second.close()

    assert first.missing(["console"]) == ["console"]
    third = connect(space)
    third.declare(ESCORTS)
    assert publish(third, told[1]) == [Outcome.ROUTED]
    receiver = third.receiver("console")
    assert receive(receiver) == [told[1]]
    receiver.close()
    third.close()
