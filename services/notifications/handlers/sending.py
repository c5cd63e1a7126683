"""Decides about a message at the moment it is to be sent, and notes what came of it."""

from uuid import UUID

from sqlalchemy import select

from services.notifications.domain.messages import (
    Contact,
    Mail,
    Message,
    MessageStatus,
    Occasion,
)
from services.notifications.handlers import tasks
from services.notifications.models import messages
from shared.errors import KapError
from shared.events.notifications import MessageFailed
from shared.unit_of_work import UnitOfWork


def begin_sending(message_id: UUID, contact: Contact, uow: UnitOfWork) -> Mail | None:
    """Look again at what a message is about: the mail to send, or None if none is."""
    message = _locked(message_id, uow)
    if message.status is not MessageStatus.PLANNED:
        return None
    occasion = uow.get(Occasion, message.cause_id)
    if cause_code := message.objection(occasion, contact, at=uow.now):
        uow.publish(message.suppress(cause_code), of=message)
        return None
    if failed := message.begin(contact):
        _tell_failed(failed, message, uow)
        return None
    return Mail(
        message_id=message.id,
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        template=message.template,
        starts_at=occasion.starts_at,
        contact=contact,
    )


def note_sent(message_id: UUID, provider_id: str, uow: UnitOfWork) -> None:
    """A message is on its way, and was, whatever has become of its cause since."""
    message = _locked(message_id, uow)
    if message.status is not MessageStatus.SENT:
        uow.publish(message.note_sent(provider_id, at=uow.now), of=message)


def note_not_sent(message_id: UUID, error: KapError, uow: UnitOfWork) -> None:
    """A message could not be sent: later again, or, if that is no use, never."""
    message = _locked(message_id, uow)
    if message.status is not MessageStatus.PLANNED:
        return
    failed = (
        message.fail(error.code)
        if error.permanent
        else message.try_later(error.code, at=uow.now)
    )
    if failed:
        _tell_failed(failed, message, uow)


def note_unreachable(message_id: UUID, uow: UnitOfWork) -> None:
    """Intake knows of no way to reach the patient."""
    message = _locked(message_id, uow)
    if message.status is MessageStatus.PLANNED:
        _tell_failed(message.fail("no_contact"), message, uow)


def _tell_failed(event: MessageFailed, message: Message, uow: UnitOfWork) -> None:
    uow.publish(event, of=message)
    tasks.note(event, uow)


def _locked(message_id: UUID, uow: UnitOfWork) -> Message:
    """The message, which nobody else changes before this transaction ends."""
    query = select(Message).where(messages.c.id == message_id).with_for_update()
    return uow.all(query)[0]
