"""Takes what the broker delivers into the inbox: stored first, then acknowledged."""

from shared import crash
from shared.broker import Broker, Delivery, Receiver
from shared.envelope import Envelope, UnreadableError
from shared.errors import UnavailableError
from shared.mailbox import inbox
from shared.mailbox.inbox import Unreadable
from shared.service import Runtime

WAIT_SECONDS = 0.2


class Receiving:
    """Stores a batch of deliveries and acknowledges it."""

    def __init__(
        self, runtime: Runtime, broker: Broker, *, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._runtime = runtime
        self._broker = broker
        self._wait_seconds = wait_seconds
        self._receiver: Receiver | None = None

    def step(self) -> bool:
        """Take in what has arrived."""
        if self._receiver is None:
            queue = self._runtime.service.name
            if self._broker.missing([queue]):
                raise UnavailableError(f"the queue {queue} is not declared yet")
            self._receiver = self._broker.receiver(queue)
        deliveries = self._receiver.receive(self._wait_seconds)
        if not deliveries:
            return False
        self._store(deliveries)
        crash.point("receiver.before_acknowledging")
        for delivery in deliveries:
            delivery.acknowledge()
        self._runtime.post.set()
        return True

    def close(self) -> None:
        """Let the connection go; what is not acknowledged comes again."""
        if self._receiver is not None:
            receiver, self._receiver = self._receiver, None
            receiver.close()

    def _store(self, deliveries: list[Delivery]) -> None:
        envelopes: list[Envelope] = []
        unreadable: list[Unreadable] = []
        for delivery in deliveries:
            try:
                envelopes.append(Envelope.from_headers(delivery.headers, delivery.body))
            except UnreadableError as error:
                unreadable.append(
                    Unreadable(body=_text(delivery.body), reason=error.message)
                )
        now = self._runtime.clock()
        with self._runtime.mailbox() as connection:
            inbox.store(connection, envelopes, at=now)
            inbox.set_aside(connection, unreadable, at=now)
            crash.point("receiver.before_commit")


def _text(body: bytes | str) -> str:
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    return text.replace("\x00", "\ufffd")[:65_536]
