"""How envelopes get from one service to another: one seam, two brokers.

`amqp` is RabbitMQ between processes, `memory` is Kombu's own transport within one.
Nothing outside this package knows which it is, and nothing else imports kombu.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.envelope import Envelope
from shared.mailbox.outbox import Outcome

EXCHANGE = "events"
DEAD_EXCHANGE = "events.dead"
BATCH = 100


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message as it arrived; `acknowledge` lets the broker forget it."""

    headers: Mapping[str, Any]
    body: bytes | str
    acknowledge: Callable[[], None]


class Publisher(Protocol):
    """Hands envelopes to the broker; used by one thread."""

    def publish(self, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Outcome]]:
        """Publish a batch and wait until the broker has answered for each."""

    def close(self) -> None:
        """Let the connection go."""


class Receiver(Protocol):
    """Takes messages from one service's queue; used by one thread."""

    def receive(self, timeout: float) -> list[Delivery]:
        """What has arrived, waiting up to `timeout` seconds for the first."""

    def close(self) -> None:
        """Let the connection go; what was not acknowledged is delivered again."""


class Broker(Protocol):
    """A broker, and the queues of this platform on it."""

    def declare(self, subscriptions: Mapping[str, Sequence[str]]) -> None:
        """Make the exchange and a queue per service, bound to its event types."""

    def missing(self, queues: Sequence[str]) -> list[str]:
        """Which of these queues do not exist."""

    def publisher(self, name: str) -> Publisher:
        """A publisher on a connection of its own, shown to operators as `name`."""

    def receiver(self, queue: str) -> Receiver:
        """A receiver on a connection of its own."""

    def close(self) -> None:
        """Let go of what ends with this process."""


class BrokerError(Exception):
    """The broker does not answer, or not as it should; the connection is given up."""


def binding_key(event_type: str) -> str:
    """The pattern a queue is bound with to get an event type from every clinic."""
    return f"{event_type.removeprefix('kap.')}.*"


def connect(url: str) -> Broker:
    """The broker a URL names.

    A memory URL names a space of its own, `memory://<name>`, within this process.
    """
    if url.startswith("memory://"):
        from shared.broker.memory import MemoryBroker

        return MemoryBroker(url.removeprefix("memory://"))
    from shared.broker.amqp import AmqpBroker

    return AmqpBroker(url)
