"""Kombu's memory transport, for a platform that is one process.

The transport forgets everything when the process ends and keeps one state for all
connections, so each platform has a space of its own, names that nobody is bound to are
noticed here, and every service pulls what it missed from the feeds when it starts.
"""

import fnmatch
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy

from kombu import Connection, Consumer, Exchange, Producer, Queue
from kombu.message import Message

from shared.broker import BATCH, EXCHANGE, Delivery, binding_key
from shared.envelope import Envelope
from shared.mailbox.outbox import Outcome

POLL_SECONDS = 0.01


class MemoryBroker:
    """Queues in this process's memory."""

    def __init__(self, space: str) -> None:
        self._space = space
        self._exchange = Exchange(f"{space}.{EXCHANGE}", type="topic")
        self._keys: dict[str, list[str]] = {}

    def declare(self, subscriptions: Mapping[str, Sequence[str]]) -> None:
        """Make a queue per service, bound to its event types."""
        with self._connect() as connection:
            for service, types in subscriptions.items():
                self._keys[service] = [binding_key(event_type) for event_type in types]
                queue = self._queue(service).bind(connection.default_channel)
                self._exchange.bind(connection.default_channel).declare()
                queue.queue_declare()
                for key in self._keys[service]:
                    queue.bind_to(exchange=self._exchange.name, routing_key=key)

    def missing(self, queues: Sequence[str]) -> list[str]:
        """Which of these queues do not exist."""
        return [name for name in queues if name not in self._keys]

    def publisher(self, name: str) -> "MemoryPublisher":  # noqa: ARG002
        """A publisher; the name is for brokers that show connections."""
        return MemoryPublisher(self._connect(), self._exchange, self._keys)

    def receiver(self, queue: str) -> "MemoryReceiver":
        """A receiver of one service's queue."""
        return MemoryReceiver(self._connect(), self._queue(queue))

    def close(self) -> None:
        """Forget the queues and what is in them; the transport would keep them."""
        with self._connect() as connection:
            channel = connection.default_channel
            for service in self._keys:
                self._queue(service).bind(channel).delete()
            # Another platform of the same space may have ended before.
            with suppress(KeyError):
                self._exchange.bind(channel).delete()
        self._keys.clear()

    def _queue(self, service: str) -> Queue:
        return Queue(f"{self._space}.{service}", durable=False)

    def _connect(self) -> Connection:
        return Connection(
            "memory://", transport_options={"polling_interval": POLL_SECONDS}
        )


class MemoryPublisher:
    """Puts messages into the queues that are bound to them."""

    def __init__(
        self,
        connection: Connection,
        exchange: Exchange,
        keys: Mapping[str, Sequence[str]],
    ) -> None:
        self._connection = connection
        self._exchange = exchange
        self._keys = keys
        self._producer = Producer(connection.channel(), auto_declare=False)

    def publish(self, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Outcome]]:
        """Publish a batch; what no queue is bound to is `unrouted`."""
        outcomes = []
        for envelope in envelopes:
            routed = self._is_bound(envelope.routing_key)
            if routed:
                self._producer.publish(
                    envelope.payload.encode(),
                    exchange=self._exchange.name,
                    routing_key=envelope.routing_key,
                    headers=deepcopy(envelope.headers()),
                    content_type="application/json",
                    content_encoding="binary",
                )
            outcomes.append((envelope, Outcome.ROUTED if routed else Outcome.UNROUTED))
        return outcomes

    def close(self) -> None:
        """Let the connection go."""
        self._connection.release()

    def _is_bound(self, routing_key: str) -> bool:
        return any(
            fnmatch.fnmatchcase(routing_key, key)
            for keys in self._keys.values()
            for key in keys
        )


class MemoryReceiver:
    """Takes messages from one queue."""

    def __init__(self, connection: Connection, queue: Queue) -> None:
        self._connection = connection
        self._arrived: list[Delivery] = []
        self._consumer = Consumer(
            connection.channel(),
            [queue],
            on_message=self._on_message,
            prefetch_count=BATCH,
            auto_declare=False,
        )
        self._consumer.consume()

    def receive(self, timeout: float) -> list[Delivery]:
        """What has arrived, waiting up to `timeout` seconds for the first."""
        wait = timeout
        while len(self._arrived) < BATCH:
            try:
                self._connection.drain_events(timeout=wait)
            except TimeoutError:
                break
            wait = 0
        arrived, self._arrived = self._arrived, []
        return arrived

    def close(self) -> None:
        """Let the connection go."""
        self._connection.release()

    def _on_message(self, message: Message) -> None:
        self._arrived.append(
            Delivery(
                headers=dict(message.headers or {}),
                body=message.body,
                acknowledge=message.ack,
            )
        )
