"""What the notifications service tells: messages to patients."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event


@dataclass(frozen=True, kw_only=True)
class MessageScheduled(
    Event, name="notifications.message.scheduled", aggregate="message"
):
    """A message to a patient is planned."""

    message_id: UUID
    patient_id: UUID
    template: Code
    channel: Code
    planned_for: datetime


@dataclass(frozen=True, kw_only=True)
class MessageSent(Event, name="notifications.message.sent", aggregate="message"):
    """The channel's provider took a message."""

    message_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageFailed(Event, name="notifications.message.failed", aggregate="message"):
    """A message could not be sent and is on the staff worklist."""

    message_id: UUID
    patient_id: UUID
    reason_code: Code


@dataclass(frozen=True, kw_only=True)
class MessageSuppressed(
    Event, name="notifications.message.suppressed", aggregate="message"
):
    """A planned message is not sent because its cause is gone."""

    message_id: UUID
    patient_id: UUID
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class NotificationsAuditAnchored(
    Event, name="notifications.audit.anchored", aggregate="audit_chain"
):
    """How far the audit trail of a clinic in notifications goes, and its last seal."""

    position: int
    seal: Code
