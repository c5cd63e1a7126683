"""RabbitMQ: nothing accepted is lost, nothing unreadable is in the way."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from kombu import Connection

from shared.broker import BATCH, EXCHANGE, Broker, BrokerError, connect
from shared.broker.amqp import DEAD_SUFFIX
from shared.envelope import PREFIX, Envelope
from shared.errors import UnavailableError
from shared.events.scheduling import EscortConfirmed
from shared.mailbox import inbox
from shared.mailbox.outbox import Outcome
from shared.metrics import exposition
from shared.testing.lab import EVERYTHING, Lab
from shared.testing.servers import RabbitServer
from shared.worker.receiving import Receiving
from shared.worker.relay import Relay
from tests.conftest import MakeLab, Stack
from tests.shared.noting import Noting, appointment, envelopes, scheduling, tell

# A quorum queue that is stopped in its first second may come back without a leader: a
# fault of RabbitMQ 3.10, and none of ours.
QUEUE_SETTLES_WITHIN_SECONDS = 2.5
ESCORTS = {"console": [EscortConfirmed.type]}

pytestmark = [
    pytest.mark.usefixtures("stack"),
    pytest.mark.parametrize("stack", ["real"], indirect=True),
]


@pytest.fixture
def broker(stack: Stack) -> Broker:
    """A virtual host of its own, with one queue for escorts."""
    assert stack.broker_url
    made = connect(stack.broker_url)
    made.declare(ESCORTS)
    return made


@pytest.fixture
def noting() -> Noting:
    """A service that notes what it hears."""
    return Noting()


@pytest.fixture
def lab(make_lab: MakeLab, noting: Noting) -> Lab:
    """Scheduling, and a service that hears it."""
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    return lab


@pytest.fixture
def raw(stack: Stack) -> Iterator[Any]:
    """A channel for what no service of ours would send."""
    with Connection(stack.broker_url) as connection:
        yield connection.default_channel


def relay_of(lab: Lab) -> Relay:
    """The loop of scheduling that publishes."""
    steps = lab.steps["scheduling"]
    return next(step for step in steps if isinstance(step, Relay))


def send(raw: Any, body: str | bytes, headers: dict[str, Any]) -> None:
    """Put a message of any kind into the small service's queue."""
    key = f"{EscortConfirmed.type.removeprefix('kap.')}.{uuid4()}"
    post(raw, body, headers, exchange=EXCHANGE, routing_key=key)


def post(raw: Any, body: str | bytes, headers: dict[str, Any], **where: str) -> None:
    """Put a message of any kind anywhere."""
    message = raw.prepare_message(
        body, headers=headers, content_type="text/plain", content_encoding="utf-8"
    )
    raw.basic_publish(message, **where)


def publish(broker: Broker, *told: Envelope) -> list[Outcome]:
    """Publish on a connection of its own; what became of each."""
    publisher = broker.publisher("test")
    try:
        return [outcome for _, outcome in publisher.publish(told)]
    finally:
        publisher.close()


def gather(
    broker: Broker,
    count: int,
    *,
    acknowledge: bool = True,
    within_seconds: float = 10.0,
) -> list[Envelope]:
    """So many messages of the small service's queue."""
    receiver = broker.receiver("console")
    found: list[Envelope] = []
    until = time.monotonic() + within_seconds
    while len(found) < count and time.monotonic() < until:
        for delivery in receiver.receive(0.2):
            found.append(Envelope.from_headers(delivery.headers, delivery.body))
            if acknowledge:
                delivery.acknowledge()
    receiver.close()
    return found


def test_the_broker_says_of_each_message_whether_anybody_gets_it(
    broker: Broker,
) -> None:
    heard = envelopes(appointment(), 3)
    unheard = replace(heard[0], id=uuid4(), type="kap.scheduling.clinic.closed.v1")

    outcomes = publish(broker, heard[0], unheard, heard[1], heard[2])

    routed, unrouted = Outcome.ROUTED, Outcome.UNROUTED
    assert outcomes == [routed, unrouted, routed, routed]
    assert gather(broker, 3) == heard


def test_a_large_batch_is_confirmed_and_arrives_in_order(broker: Broker) -> None:
    told = envelopes(appointment(), 3 * BATCH)

    assert set(publish(broker, *told)) == {Outcome.ROUTED}

    assert gather(broker, len(told)) == told


def test_a_message_the_queue_has_no_room_for_is_refused(
    broker: Broker, stack: Stack, rabbit_server: RabbitServer
) -> None:
    assert stack.broker_url
    vhost = urlsplit(stack.broker_url).path.strip("/")
    answer = httpx.put(
        f"{rabbit_server.api}/api/policies/{vhost}/short",
        json={"pattern": ".*", "definition": {"max-length": 1}},
        trust_env=False,
    )
    assert answer.is_success
    outcomes: list[Outcome] = []

    until = time.monotonic() + 10
    while Outcome.REFUSED not in outcomes and time.monotonic() < until:
        outcomes += publish(broker, *envelopes(appointment(), 5))

    assert Outcome.REFUSED in outcomes


def test_queues_are_looked_for_and_never_made_on_the_way(broker: Broker) -> None:
    assert broker.missing(["console", "intake"]) == ["intake"]
    with pytest.raises(BrokerError):
        broker.receiver("intake")
    assert broker.missing(["intake"]) == ["intake"]


def test_declaring_again_keeps_what_is_in_the_queues(broker: Broker) -> None:
    told = envelopes(appointment(), 2)
    publish(broker, *told)

    broker.declare(ESCORTS)

    assert gather(broker, 2) == told


def test_a_broker_that_is_not_there_is_said_to_be_away() -> None:
    nowhere = connect("amqp://guest@127.0.0.1:1//")

    with pytest.raises(BrokerError):
        nowhere.publisher("test")


def test_a_worker_that_starts_before_the_queues_waits_for_them(
    lab: Lab, stack: Stack
) -> None:
    receiving = Receiving(lab.runtime("console"), lab.platform.broker)
    with Connection(stack.broker_url) as connection:
        connection.default_channel.queue_delete("console")

    with pytest.raises(UnavailableError, match="not declared yet"):
        receiving.step()


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        ("not json", envelopes(appointment(), 1)[0].headers(), "makes no sense"),
        (b"\xff\xfe", envelopes(appointment(), 1)[0].headers(), "not UTF-8"),
        ("{}", {}, "the attribute subject is missing"),
        ("{}", {PREFIX + "subject": "x" * 300, "n": 5}, "is missing"),
        (
            "{}",
            {
                **envelopes(appointment(), 1)[0].headers(),
                PREFIX + "traceparent": "x" * 99,
            },
            "makes no sense",
        ),
    ],
    ids=["text", "bytes", "bare", "strange", "overlong"],
)
def test_what_cannot_be_read_is_set_aside_with_its_reason_while_others_flow(
    body: str | bytes,
    headers: dict[str, Any],
    reason: str,
    lab: Lab,
    noting: Noting,
    raw: Any,
) -> None:
    send(raw, body, headers)
    tell(lab, appointment())

    lab.settle()

    dead = [row for row in lab.inbox("console") if row["state"] == "dead"]
    assert len(dead) == 1
    assert reason in dead[0]["reason"]
    assert noting.versions(lab) == [1]


def test_an_unknown_type_is_dead_and_others_flow(
    lab: Lab, noting: Noting, raw: Any
) -> None:
    unknown = replace(
        envelopes(appointment(), 1)[0], type="kap.scheduling.escort.vanished.v9"
    )
    send(raw, unknown.payload, dict(unknown.headers()))
    tell(lab, appointment())

    lab.settle()

    dead = [row for row in lab.inbox("console") if row["state"] == "dead"]
    assert [row["event_id"] for row in dead] == [unknown.id]
    assert "not a known event type" in dead[0]["reason"]
    assert noting.versions(lab) == [1]


def test_what_the_broker_gave_up_on_is_taken_in_from_the_dead_letters(
    lab: Lab, noting: Noting, raw: Any
) -> None:
    told = envelopes(appointment(), 1)[0]
    queue = "console" + DEAD_SUFFIX
    post(raw, told.payload, dict(told.headers()), exchange="", routing_key=queue)
    until = time.monotonic() + 10

    while not noting.noted(lab) and time.monotonic() < until:
        lab.settle(everything=True)

    assert noting.noted(lab) == [(told.aggregate_id, 1)]


def test_what_was_stored_is_gone_from_the_queue(lab: Lab, raw: Any) -> None:
    tell(lab, appointment(), times=3)
    lab.settle()
    lab.close()

    # What a closed receiver had not acknowledged would be there again.
    left = raw.queue_declare("console", passive=True).message_count
    assert left == 0
    assert gather(lab.platform.broker, 1, within_seconds=0.5) == []


def test_a_receiver_that_died_before_it_acknowledged_gets_everything_again_once(
    lab: Lab, noting: Noting
) -> None:
    tell(lab, appointment(), times=4)
    relay_of(lab).publish()
    first = gather(lab.platform.broker, 4, acknowledge=False)
    with lab.runtime("console").begin(EVERYTHING) as connection:
        # It had stored them, and died before it could acknowledge.
        inbox.store(connection, first, at=lab.clock())

    lab.settle()

    assert len(first) == 4
    assert len(lab.inbox("console")) == 4
    assert noting.versions(lab) == [1, 2, 3, 4]


def test_a_broker_that_is_stopped_costs_time_and_nothing_else(
    lab: Lab, noting: Noting, rabbit_server: RabbitServer
) -> None:
    record = appointment()
    tell(lab, record)
    lab.settle()
    time.sleep(QUEUE_SETTLES_WITHIN_SECONDS)
    relay = relay_of(lab)

    rabbit_server.stop()
    try:
        tell(lab, record, times=2)
        with pytest.raises(BrokerError):
            relay.publish()
        with pytest.raises(BrokerError):
            lab.platform.broker.publisher("another")
        lab.clock.advance(seconds=40)
        shown = exposition(lab.runtime("scheduling")).decode()
        admitted = lab.platform.apps["scheduling"].test_client().get("/readyz")
    finally:
        rabbit_server.start()
    for step in (step for steps in lab.steps.values() for step in steps):
        step.close()
    lab.settle()

    assert 'kap_outbox_unsent{service="scheduling"} 2.0' in shown
    assert 'kap_outbox_oldest_unsent_seconds{service="scheduling"} 40.0' in shown
    assert admitted.status_code == 200
    assert noting.versions(lab) == [1, 2, 3]
