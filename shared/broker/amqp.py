"""RabbitMQ: quorum queues, batch confirms of our own, and no channel used in doubt."""

import os
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import amqp
from kombu import Connection, Consumer, Exchange, Queue
from kombu.message import Message

from shared.broker import (
    BATCH,
    DEAD_EXCHANGE,
    EXCHANGE,
    BrokerError,
    Delivery,
    binding_key,
)
from shared.envelope import Envelope
from shared.ids import uuid7
from shared.mailbox.outbox import Outcome

HEARTBEAT_SECONDS = 20
CONFIRM_DEADLINE_SECONDS = 10.0
DELIVERY_LIMIT = 50
DEAD_SUFFIX = ".dead"

_events = Exchange(EXCHANGE, type="topic", durable=True)
_dead = Exchange(DEAD_EXCHANGE, type="direct", durable=True)


def _queue(service: str) -> Queue:
    return Queue(
        service,
        bindings=[],
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-overflow": "reject-publish",
            "x-dead-letter-exchange": DEAD_EXCHANGE,
            "x-dead-letter-routing-key": service,
            "x-dead-letter-strategy": "at-least-once",
        },
    )


def _dead_queue(service: str) -> Queue:
    return Queue(
        service + DEAD_SUFFIX,
        exchange=_dead,
        routing_key=service,
        durable=True,
        queue_arguments={"x-queue-type": "quorum"},
    )


@contextmanager
def _ours() -> Iterator[None]:
    """Every way a broker can fail, as one: the caller gives the connection up."""
    try:
        yield
    except (amqp.AMQPError, OSError, TimeoutError) as error:
        raise BrokerError(type(error).__name__) from error


@contextmanager
def _closed_on_failure(connection: Connection) -> Iterator[Connection]:
    """A connection that is not left behind when what it is for cannot be made."""
    try:
        yield connection
    except BaseException:
        _close(connection)
        raise


class AmqpBroker:
    """RabbitMQ behind an amqp URL."""

    def __init__(self, url: str) -> None:
        self._url = url

    def declare(self, subscriptions: Mapping[str, Sequence[str]]) -> None:
        """Make exchanges, queues and bindings; what is there already is kept."""
        with _ours(), self._connect("topology") as connection:
            channel = connection.default_channel
            _events.bind(channel).declare()
            _dead.bind(channel).declare()
            for service, types in subscriptions.items():
                _dead_queue(service).bind(channel).declare()
                queue = _queue(service).bind(channel)
                queue.queue_declare()
                for event_type in types:
                    queue.bind_to(
                        exchange=EXCHANGE, routing_key=binding_key(event_type)
                    )

    def missing(self, queues: Sequence[str]) -> list[str]:
        """Which of these queues do not exist."""
        absent = []
        for name in queues:
            with _ours(), self._connect("check") as connection:
                try:
                    connection.default_channel.queue_declare(name, passive=True)
                except amqp.NotFound:
                    absent.append(name)
        return absent

    def publisher(self, name: str) -> "AmqpPublisher":
        """A publisher on a connection of its own."""
        with _ours(), _closed_on_failure(self._connect(name)) as connection:
            return AmqpPublisher(connection)

    def receiver(self, queue: str) -> "AmqpReceiver":
        """A receiver on a connection of its own."""
        with _ours(), _closed_on_failure(self._connect(queue)) as connection:
            return AmqpReceiver(connection, queue)

    def close(self) -> None:
        """Nothing: publishers and receivers have connections of their own."""

    def _connect(self, name: str) -> Connection:
        connection = Connection(
            self._url,
            heartbeat=HEARTBEAT_SECONDS,
            connect_timeout=5,
            transport_options={
                "client_properties": {"connection_name": f"{name}-{os.getpid()}"},
                "read_timeout": 30,
                "write_timeout": 10,
            },
        )
        connection.connect()
        return connection


class AmqpPublisher:
    """Publishes batches and matches the broker's answers to them by delivery tag.

    After a refusal, a missing answer or any error the channel is no longer believed:
    the caller closes this publisher and makes another.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._channel = connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._channel.events["basic_return"].add(self._on_return)
        self._tag = 0
        self._waiting: OrderedDict[int, Envelope] = OrderedDict()
        self._refused: set[int] = set()
        self._returned: set[str] = set()

    def publish(self, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Outcome]]:
        """Publish a batch and wait until the broker has answered for each.

        Raises:
            BrokerError: an answer is missing; nothing of the batch is known.
        """
        self._returned.clear()
        self._refused.clear()
        tags: dict[int, Envelope] = {}
        with _ours():
            for envelope in envelopes:
                self._tag += 1
                tags[self._tag] = self._waiting[self._tag] = envelope
                self._channel.basic_publish(
                    _message(envelope), EXCHANGE, envelope.routing_key, mandatory=True
                )
            self._wait()
        return [
            (envelope, self._outcome(tag, envelope)) for tag, envelope in tags.items()
        ]

    def close(self) -> None:
        """Let the connection go."""
        _close(self._connection)

    def _outcome(self, tag: int, envelope: Envelope) -> Outcome:
        if tag in self._refused:
            return Outcome.REFUSED
        if str(envelope.id) in self._returned:
            return Outcome.UNROUTED
        return Outcome.ROUTED

    def _wait(self) -> None:
        deadline = time.monotonic() + CONFIRM_DEADLINE_SECONDS
        while self._waiting:
            if time.monotonic() > deadline:
                raise TimeoutError
            try:
                self._connection.drain_events(timeout=0.5)
            except TimeoutError:
                self._connection.heartbeat_check()

    def _answered(self, tag: int, multiple: bool) -> list[int]:
        if not multiple:
            return [tag] if self._waiting.pop(tag, None) else []
        tags = [waiting for waiting in self._waiting if waiting <= tag]
        for waiting in tags:
            del self._waiting[waiting]
        return tags

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._answered(tag, multiple)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._refused.update(self._answered(tag, multiple))

    def _on_return(
        self, _error: object, _exchange: str, _key: str, message: amqp.Message
    ) -> None:
        self._returned.add(message.properties["message_id"])


class AmqpReceiver:
    """Takes messages from a service's queue, and what the broker gave up on."""

    def __init__(self, connection: Connection, service: str) -> None:
        self._connection = connection
        self._arrived: list[Delivery] = []
        queues = [
            Queue(name, no_declare=True) for name in (service, service + DEAD_SUFFIX)
        ]
        self._consumer = Consumer(
            connection.channel(),
            queues,
            on_message=self._on_message,
            prefetch_count=BATCH,
            auto_declare=False,
            tag_prefix=f"{service}-{uuid7()}-",
        )
        self._consumer.consume()

    def receive(self, timeout: float) -> list[Delivery]:
        """What has arrived, waiting up to `timeout` seconds for the first.

        Raises:
            BrokerError: the connection is lost.
        """
        with _ours():
            self._connection.heartbeat_check()
            wait = timeout
            while len(self._arrived) < BATCH:
                try:
                    self._connection.drain_events(timeout=wait)
                except TimeoutError:
                    break
                wait = 0.001
        arrived, self._arrived = self._arrived, []
        return arrived

    def close(self) -> None:
        """Let the connection go; what was not acknowledged is delivered again."""
        _close(self._connection)

    def _on_message(self, message: Message) -> None:
        self._arrived.append(
            Delivery(
                headers=message.headers or {},
                body=message.body,
                acknowledge=message.ack,
            )
        )


def _message(envelope: Envelope) -> amqp.Message:
    properties: dict[str, Any] = {
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "delivery_mode": 2,
        "message_id": str(envelope.id),
        "type": envelope.type,
        "app_id": envelope.producer,
        "timestamp": int(envelope.occurred_at.timestamp()),
        "application_headers": envelope.headers(),
    }
    return amqp.Message(envelope.payload, **properties)


def _close(connection: Connection) -> None:
    """Close without caring how the other side takes it."""
    try:
        connection.release()
    except (amqp.AMQPError, OSError, TimeoutError):
        return
