"""Integrators' subscriptions, and the deliveries they cause."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import ForbiddenError, InvalidError
from shared.events import Event, Sensitivity, catalogue

AUDIT_CHAIN = "audit_chain"
"""How far audit trails go is told among the services, and to nobody else."""
PRODUCERS = frozenset({"intake", "scheduling", "sessions"})
"""Whose events integrators may follow."""

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix is public, what follows is not.
SECRET_BYTES = 32

SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long each try waits after the one before it. Source: Standard Webhooks 1.0."""

JITTER = 0.2
PROBE_AFTER = 10
PROBE_EVERY = timedelta(minutes=1)
"""After ten failures in a row an endpoint gets one event a minute, until one works."""

GONE = 410


class GrantError(ForbiddenError):
    """Only an administrator can grant events of this sensitivity."""

    code = "grant_not_yours"


class SubscriptionStatus(StrEnum):
    """Whether anything is sent."""

    ACTIVE = "active"
    DISABLED = "disabled"
    ENDED = "ended"


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    ABANDONED = "abandoned"


class Outcome(StrEnum):
    """What a try came to."""

    DELIVERED = "delivered"
    RETRY = "retry"
    EXHAUSTED = "exhausted"
    GONE = "gone"


def followable() -> list[type[Event]]:
    """Every event an integrator may follow, given the grants."""
    return [
        event
        for event in catalogue().values()
        if event.producer in PRODUCERS and event.aggregate != AUDIT_CHAIN
    ]


def matches(pattern: str, name: str) -> bool:
    """Whether a type a subscription names covers an event: its name, or `prefix.*`."""
    if pattern.endswith(".*"):
        return name.startswith(pattern[:-1])
    return name == pattern


def is_granted(sensitivity: Sensitivity, grants: Iterable[str]) -> bool:
    """Whether grants cover a sensitivity; routine events need none."""
    return sensitivity is Sensitivity.ROUTINE or sensitivity in grants


def check_types(types: Iterable[str], grants: Iterable[str]) -> None:
    """Refuse a type that would never lead to a delivery.

    Raises:
        InvalidError: it names no event, or only events that are not granted.
    """
    granted = [e.name for e in followable() if is_granted(e.sensitivity, grants)]
    for pattern in types:
        if not any(matches(pattern, name) for name in granted):
            about = "these grants cover no event of one of these types"
            raise InvalidError(about, field="types")


def signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """The value of the header `webhook-signature`.

    Source: Standard Webhooks 1.0, symmetric signatures.
    """
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    said = f"{message_id}.{timestamp}.{body}".encode()
    mark = hmac.new(key, said, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mark).decode()}"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an endpoint said: a status, or the code of why there is none."""

    status: int | None = None
    reason: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the event has arrived; a redirect is no success."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(kw_only=True, eq=False)
class Subscription(Aggregate):
    """Where an integrator wants to be told of which events of a clinic.

    `failures` counts tries that failed since the last that did not; until `busy_until`
    somebody sends for it, or it is spared.
    """

    url: str
    types: list[str]
    grants: list[str]
    secret: str
    owner_id: UUID
    created_at: datetime
    busy_until: datetime
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    failures: int = 0

    def wants(self, name: str, sensitivity: Sensitivity) -> bool:
        """Whether an event is to be sent to it."""
        return (
            self.status is SubscriptionStatus.ACTIVE
            and is_granted(sensitivity, self.grants)
            and any(matches(pattern, name) for pattern in self.types)
        )

    def note(self, answer: Answer) -> bool:
        """What the endpoint last said; whether it asked to be told nothing more."""
        self.failures = 0 if answer.is_success else self.failures + 1
        if answer.status != GONE or self.status is not SubscriptionStatus.ACTIVE:
            return False
        self.version += 1
        self.status = SubscriptionStatus.DISABLED
        return True

    def rest(self, *, at: datetime) -> None:
        """Nobody sends for it any more; a dead endpoint is spared for a while."""
        self.busy_until = at + (
            PROBE_EVERY if self.failures >= PROBE_AFTER else timedelta(0)
        )

    def end(self) -> None:
        """Nothing is sent any more, and nobody can sign in its name."""
        self.version += 1
        self.status, self.secret = SubscriptionStatus.ENDED, ""


@dataclass(kw_only=True, eq=False)
class Delivery:
    """One event on its way to one subscription; `document` is the body to send."""

    id: UUID
    clinic_id: UUID
    subscription_id: UUID
    event_id: UUID
    type: str
    document: str
    occurred_at: datetime
    next_try_at: datetime
    producer: str
    sequence: int | None = None
    state: DeliveryState = DeliveryState.PENDING
    tries: int = 0

    def note(self, answer: Answer, *, at: datetime, spread: float) -> Outcome:
        """What a try came to, and when the next one is due.

        Args:
            spread: what the planned wait is multiplied by, 0.8 to 1.2, so that what
                failed together is not tried again together.
        """
        self.tries += 1
        if answer.is_success:
            self.state = DeliveryState.DELIVERED
            return Outcome.DELIVERED
        if answer.status == GONE:
            self.state = DeliveryState.ABANDONED
            return Outcome.GONE
        if self.tries >= len(SCHEDULE):
            self.state = DeliveryState.EXHAUSTED
            return Outcome.EXHAUSTED
        self.next_try_at = at + SCHEDULE[self.tries] * spread
        return Outcome.RETRY
