"""Sends what is due to patients.

A message is claimed in one transaction, looked at again and sent, and what came of it
is noted in another. A process that dies in between leaves a lease that runs out; the
message is then sent again under the same Message-ID.
"""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select, update

from services.notifications.domain.messages import (
    Contact,
    MailRefusedError,
    MailUnavailableError,
    MessageStatus,
)
from services.notifications.handlers import sending
from services.notifications.mail import Channel, channel_for
from services.notifications.models import messages
from shared import crash
from shared.context import Context
from shared.errors import NotFoundError, UnavailableError
from shared.mailbox import inbox
from shared.reach import NETWORK, Reach
from shared.service import Runtime

ROUND_SECONDS = 5.0
LEASE = timedelta(minutes=3)
ASK_AGAIN_AFTER = timedelta(minutes=1)

Claim = Mapping[str, Any]

_DUE = (
    select(messages)
    .where(
        messages.c.status == MessageStatus.PLANNED,
        messages.c.next_try_at <= bindparam("now"),
        or_(
            messages.c.leased_until.is_(None),
            messages.c.leased_until <= bindparam("now"),
        ),
    )
    .order_by(messages.c.next_try_at, messages.c.id)
    .limit(1)
)
_DUE_LOCKED = _DUE.with_for_update(skip_locked=True)


def deliver_messages(runtime: Runtime) -> int:
    """Send some of what is due; how many messages were looked at."""
    channel = channel_for(runtime)
    ends_at, done = time.monotonic() + ROUND_SECONDS, 0
    while time.monotonic() < ends_at and (claim := _claim(runtime)):
        _deliver(claim, runtime, channel)
        done += 1
    return done


def _claim(runtime: Runtime) -> Claim | None:
    """A due message that nobody else sends until the lease runs out."""
    now = runtime.clock()
    # Mostly nothing is due, and then no lock is taken to find that out.
    with runtime.reading(Context(actor=runtime.service.actor)) as reading:
        if reading.connection.execute(_DUE, {"now": now}).first() is None:
            return None
    with runtime.begin(NETWORK) as connection:
        row = connection.execute(_DUE_LOCKED, {"now": now}).first()
        if row is None:
            return None
        connection.execute(
            update(messages)
            .where(messages.c.id == row.id)
            .values(leased_until=now + LEASE)
        )
        return row._mapping  # type: ignore[return-value]


def _deliver(claim: Claim, runtime: Runtime, channel: Channel) -> None:
    context = Context(
        actor=runtime.service.actor,
        clinic_id=claim["clinic_id"],
        correlation_id=claim["correlation_id"],
        causation_id=claim["causation_id"],
    )
    message_id: UUID = claim["id"]
    parent = _origin(claim, runtime)
    with runtime.tracing.span("send message", parent=parent, links=[parent]):
        try:
            contact = _contact(claim, runtime)
        except NotFoundError:
            with runtime.unit_of_work(context) as uow:
                sending.note_unreachable(message_id, uow)
            return
        except UnavailableError:
            _ask_again_later(claim, runtime)
            return
        with runtime.unit_of_work(context) as uow:
            mail = sending.begin_sending(message_id, contact, uow)
        if mail is None:
            return
        crash.point("delivery.before_sending")
        try:
            provider_id = channel.send(mail)
        except (MailRefusedError, MailUnavailableError) as error:
            with runtime.unit_of_work(context) as uow:
                sending.note_not_sent(message_id, error, uow)
            return
        crash.point("delivery.before_recording")
        with runtime.unit_of_work(context) as uow:
            sending.note_sent(message_id, provider_id, uow)


def _origin(claim: Claim, runtime: Runtime) -> str | None:
    """The trace of the event that planned a message; sending goes on with it."""
    with runtime.mailbox() as connection:
        return inbox.traceparent_of(connection, claim["causation_id"])


def _contact(claim: Claim, runtime: Runtime) -> Contact:
    """How the patient is reached, as intake knows it at this moment.

    Raises:
        NotFoundError: intake does not know the patient.
        UnavailableError: intake does not answer, or not as it should.
    """
    path = f"/v1/clinics/{claim['clinic_id']}/patients/{claim['patient_id']}/contact"
    said = runtime.peers.get("intake", path)
    try:
        return Contact(
            given_name=str(said["given_name"]),
            channel=str(said["channel"]),
            email=said["email"],
            time_zone=str(said["time_zone"]),
        )
    except (KeyError, TypeError) as error:
        raise UnavailableError("intake answered something else") from error


def _ask_again_later(claim: Claim, runtime: Runtime) -> None:
    """Intake's trouble is not the message's: this does not count as a try."""
    with runtime.begin(Reach.of(claim["clinic_id"])) as connection:
        connection.execute(
            update(messages)
            .where(
                and_(
                    messages.c.id == claim["id"],
                    messages.c.status == MessageStatus.PLANNED,
                )
            )
            .values(next_try_at=runtime.clock() + ASK_AGAIN_AFTER, leased_until=None)
        )
