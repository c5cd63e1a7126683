"""Keeps subscriptions, and notes which events are to be delivered to them."""

import base64
import json
import secrets
from uuid import UUID

from sqlalchemy import select, update

from services.notifications.commands import AddSubscription
from services.notifications.domain.webhooks import (
    SECRET_BYTES,
    SECRET_PREFIX,
    Answer,
    Delivery,
    DeliveryState,
    GrantError,
    Subscription,
    SubscriptionStatus,
    check_types,
)
from services.notifications.models import attempts, deliveries, subscriptions
from shared.access import Role
from shared.context import Context
from shared.database import insert_new
from shared.errors import NotFoundError
from shared.events import Event, Sensitivity
from shared.ids import uuid7
from shared.outward.addresses import endpoint_of
from shared.unit_of_work import UnitOfWork

ADMINS = frozenset({Role.CLINIC_ADMIN, Role.NETWORK_ADMIN})


def sees_only(context: Context) -> UUID | None:
    """Whose subscriptions somebody may see: the own ones, or None for all."""
    held = context.actor.roles_in(context.clinic_id)
    return None if held & ADMINS else context.actor.id


def add_subscription(command: AddSubscription, uow: UnitOfWork) -> Subscription:
    """Tell a URL of events from now on.

    Raises:
        UrlRefusedError: webhooks cannot be sent there.
        GrantError: the caller may not grant what is asked for.
        InvalidError: a type would never lead to a delivery.
    """
    endpoint_of(command.url, listed=command.listed_hosts)
    granted_by_admins = set(command.grants) - {Sensitivity.CLINICAL}
    if granted_by_admins and sees_only(uow.context) is not None:
        raise GrantError
    check_types(command.types, command.grants)
    key = secrets.token_bytes(SECRET_BYTES)
    return uow.add(
        Subscription(
            id=uuid7(),
            clinic_id=uow.clinic_id,
            version=1,
            url=command.url,
            types=command.types,
            grants=command.grants,
            secret=SECRET_PREFIX + base64.b64encode(key).decode(),
            owner_id=uow.actor_id,
            created_at=uow.now,
            busy_until=uow.now,
        )
    )


def end_subscription(subscription_id: UUID, uow: UnitOfWork) -> Subscription:
    """Tell a URL nothing any more.

    Raises:
        NotFoundError: there is none, it has ended, or it is somebody else's.
    """
    subscription = uow.get(Subscription, subscription_id)
    is_theirs = sees_only(uow.context) in (None, subscription.owner_id)
    if subscription.status is SubscriptionStatus.ENDED or not is_theirs:
        raise NotFoundError("there is no such subscription in this clinic")
    subscription.end()
    _abandon(subscription.id, uow)
    return subscription


def fan_out(event: Event, uow: UnitOfWork) -> None:
    """Note an event for every subscription of its clinic that wants it and may."""
    envelope = uow.causing
    if envelope is None or envelope.clinic_id is None:
        return
    active = select(Subscription).where(
        subscriptions.c.status == SubscriptionStatus.ACTIVE
    )
    told = [
        subscription
        for subscription in uow.all(active)
        if subscription.wants(event.name, event.sensitivity)
    ]
    if not told:
        return
    document = json.dumps(envelope.document(), separators=(",", ":"))
    rows = [
        {
            "id": uuid7(),
            "clinic_id": uow.clinic_id,
            "subscription_id": subscription.id,
            "event_id": envelope.id,
            "type": envelope.type,
            "producer": envelope.producer,
            "sequence": envelope.sequence,
            "occurred_at": envelope.occurred_at,
            "document": document,
            "state": DeliveryState.PENDING,
            "tries": 0,
            "next_try_at": uow.now,
        }
        for subscription in told
    ]
    insert_new(uow.connection, deliveries, rows)


def note_attempt(
    delivery_id: UUID, answer: Answer, uow: UnitOfWork, *, took_ms: int, spread: float
) -> Subscription:
    """Note what a try came to, for the delivery and for its subscription."""
    delivery = uow.db.get_one(Delivery, delivery_id)
    subscription = locked(delivery.subscription_id, uow)
    outcome = delivery.note(answer, at=uow.now, spread=spread)
    if subscription.note(answer):
        _abandon(subscription.id, uow)
    uow.insert(
        attempts,
        id=uuid7(),
        clinic_id=uow.clinic_id,
        subscription_id=subscription.id,
        event_id=delivery.event_id,
        type=delivery.type,
        number=delivery.tries,
        tried_at=uow.now,
        took_ms=took_ms,
        outcome=outcome,
        status_code=answer.status,
        reason=answer.reason,
    )
    return subscription


def locked(subscription_id: UUID, uow: UnitOfWork) -> Subscription:
    """A subscription that nobody else changes before this transaction ends."""
    query = select(Subscription).where(subscriptions.c.id == subscription_id)
    return uow.all(query.with_for_update())[0]


def _abandon(subscription_id: UUID, uow: UnitOfWork) -> None:
    """Give up what was not delivered."""
    uow.connection.execute(
        update(deliveries)
        .where(
            deliveries.c.subscription_id == subscription_id,
            deliveries.c.state == DeliveryState.PENDING,
        )
        .values(state=DeliveryState.ABANDONED)
    )
