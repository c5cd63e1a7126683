"""Posts to integrators what they are to be told.

Subscriptions take turns. In its turn a subscription's due events are posted one after
the other, in the order of the feed, until one fails or the turn is over; five have
their turn at once. Those whose last try failed have a pump of their own, so an endpoint
that hangs keeps nobody waiting but others like it.
"""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, bindparam, exists, func, select, update

from services.notifications.courier import Courier
from services.notifications.domain.webhooks import (
    JITTER,
    DeliveryState,
    SubscriptionStatus,
    signature,
)
from services.notifications.handlers import webhooks as handlers
from services.notifications.models import deliveries, subscriptions
from shared import crash
from shared.context import Context
from shared.privacy.columns import opened
from shared.reach import NETWORK
from shared.service import Runtime

AT_ONCE = 5
BATCH = 20
TURN_SECONDS = 2.0
LEASE = timedelta(minutes=1)
MEDIA_TYPE = "application/cloudevents+json"
AGENT = "kap-network-webhooks/1"

_default = Courier()


def _next(*, failing: bool) -> tuple[Select[Any], Select[Any]]:
    """Whose turn it is: their ids, and whole and locked."""
    waits = exists().where(
        deliveries.c.subscription_id == subscriptions.c.id,
        deliveries.c.state == DeliveryState.PENDING,
        deliveries.c.next_try_at <= bindparam("now"),
    )
    next_ones = (
        select(subscriptions)
        .where(
            subscriptions.c.status == SubscriptionStatus.ACTIVE,
            subscriptions.c.busy_until <= bindparam("now"),
            subscriptions.c.failures > 0 if failing else subscriptions.c.failures == 0,
            waits,
        )
        .order_by(subscriptions.c.busy_until)
        .limit(AT_ONCE)
    )
    locked = next_ones.with_for_update(skip_locked=True, of=subscriptions)
    return next_ones.with_only_columns(subscriptions.c.id), locked


_NEXT = {failing: _next(failing=failing) for failing in (False, True)}


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A subscription that may be sent to, and its due deliveries in order."""

    subscription_id: UUID
    clinic_id: UUID
    url: str
    secret: str
    due: list[Row[Any]]


def deliver_webhooks(runtime: Runtime, courier: Courier = _default) -> int:
    """Give sound endpoints a turn; how many events were posted."""
    return _round(runtime, courier, failing=False)


def retry_webhooks(runtime: Runtime, courier: Courier = _default) -> int:
    """Give endpoints that failed last time a turn; how many events were posted."""
    return _round(runtime, courier, failing=True)


def _round(runtime: Runtime, courier: Courier, *, failing: bool) -> int:
    turns = _claim(runtime, failing=failing)
    if not turns:
        return 0
    with ThreadPoolExecutor(AT_ONCE, "webhooks") as threads:
        return sum(threads.map(lambda turn: _take(turn, runtime, courier), turns))


def _claim(runtime: Runtime, *, failing: bool) -> list[Turn]:
    """Subscriptions with something due, those that waited longest first."""
    now = runtime.clock()
    next_ones, locked = _NEXT[failing]
    # Mostly nothing is due, and then no lock is taken to find that out.
    with runtime.reading(Context(actor=runtime.service.actor)) as reading:
        if reading.connection.execute(next_ones, {"now": now}).first() is None:
            return []
    with runtime.begin(NETWORK) as connection:
        chosen = opened(connection, connection.execute(locked, {"now": now}))
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id.in_([row["id"] for row in chosen]))
            .values(busy_until=now + LEASE)
        )
        return [
            Turn(
                subscription_id=row["id"],
                clinic_id=row["clinic_id"],
                url=row["url"],
                secret=row["secret"],
                due=_due(row["id"], runtime, connection),
            )
            for row in chosen
        ]


def _due(
    subscription_id: UUID, runtime: Runtime, connection: Connection
) -> list[Row[Any]]:
    """What is to be sent, each producer's events in the order of its feed.

    Feeds of several producers have no common order, so they are merged by time; the
    time of an event counts as no earlier than that of any before it in its feed.
    """
    not_before = func.max(deliveries.c.occurred_at).over(
        partition_by=deliveries.c.producer, order_by=deliveries.c.sequence
    )
    query: Select[Any] = (
        select(deliveries)
        .where(
            deliveries.c.subscription_id == subscription_id,
            deliveries.c.state == DeliveryState.PENDING,
            deliveries.c.next_try_at <= runtime.clock(),
        )
        .order_by(not_before, deliveries.c.producer, deliveries.c.sequence)
        .limit(BATCH)
    )
    return list(connection.execute(query))


def _take(turn: Turn, runtime: Runtime, courier: Courier) -> int:
    """One subscription's turn; how many events were posted."""
    ends_at = time.monotonic() + TURN_SECONDS
    posted = 0
    for delivery in turn.due:
        posted += 1
        goes_on = _post(delivery, turn, runtime, courier)
        if not goes_on or time.monotonic() > ends_at:
            break
    with runtime.unit_of_work(_context(turn, runtime)) as uow:
        handlers.locked(turn.subscription_id, uow).rest(at=uow.now)
    return posted


def _post(delivery: Row[Any], turn: Turn, runtime: Runtime, courier: Courier) -> bool:
    """Post one event and note what came of it; whether the next may follow."""
    message_id, timestamp = str(delivery.event_id), int(runtime.clock().timestamp())
    headers = {
        "content-type": MEDIA_TYPE,
        "user-agent": AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(
            turn.secret, message_id, timestamp, delivery.document
        ),
    }
    crash.point("delivery.before_sending")
    started = time.monotonic()
    answer = courier.post(
        turn.url, headers, delivery.document, listed=runtime.settings.webhook_hosts
    )
    took_ms = int((time.monotonic() - started) * 1000)
    crash.point("delivery.before_recording")
    with runtime.unit_of_work(_context(turn, runtime)) as uow:
        subscription = handlers.note_attempt(
            delivery.id,
            answer,
            uow,
            took_ms=took_ms,
            spread=random.uniform(1 - JITTER, 1 + JITTER),  # noqa: S311
        )
        return answer.is_success and subscription.status is SubscriptionStatus.ACTIVE


def _context(turn: Turn, runtime: Runtime) -> Context:
    return Context(actor=runtime.service.actor, clinic_id=turn.clinic_id)
