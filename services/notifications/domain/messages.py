"""Messages to patients, and what they are about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import InvalidError, UnavailableError
from shared.events.notifications import (
    MessageFailed,
    MessageScheduled,
    MessageSent,
    MessageSuppressed,
)

REMIND_BEFORE = timedelta(hours=24)
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
MOST_TRIES = len(RETRY_AFTER) + 1

NO_CHANNEL = "none"
UNKNOWN_CHANNEL = "unknown"
EMAIL = "email"


class MailUnavailableError(UnavailableError):
    """The mail server does not take a message now."""

    code = "mail_unavailable"


class MailRefusedError(InvalidError):
    """The mail server will never take this message."""

    code = "mail_refused"


class Template(StrEnum):
    """What a message says; `texts.toml` has the words."""

    APPOINTMENT_BOOKED = "appointment_booked"
    APPOINTMENT_REMINDER = "appointment_reminder"
    APPOINTMENT_CANCELLED = "appointment_cancelled"
    INTEGRATION_DUE = "integration_due"
    FORMS_DUE = "forms_due"
    FOLLOW_UP_DUE = "follow_up_due"
    CONSENT_DUE = "consent_due"
    WAITLIST_OFFER = "waitlist_offer"


class MessageStatus(StrEnum):
    """How far a message has come."""

    PLANNED = "planned"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    FAILED = "failed"


BEFORE_THE_START = frozenset(
    {
        Template.APPOINTMENT_BOOKED,
        Template.APPOINTMENT_REMINDER,
        Template.WAITLIST_OFFER,
    }
)
"""Messages that say nothing any more once their appointment has begun."""


@dataclass(kw_only=True, eq=False)
class Patient(Aggregate):
    """What is known of a patient before intake is asked: the wanted channel."""

    channel: str


@dataclass(kw_only=True, eq=False)
class Occasion(Aggregate):
    """What messages are about: an appointment, or an integration that fell due.

    `over_because` is the code of why it is no longer ahead, or None while it is.
    """

    patient_id: UUID
    starts_at: datetime
    over_because: str | None = None

    @property
    def is_ahead(self) -> bool:
        """Whether it is still to take place, by all that was told."""
        return self.over_because is None

    def end(self, because: str) -> bool:
        """It is no longer ahead; whether it was until now."""
        was_ahead = self.is_ahead
        self.over_because = self.over_because or because
        return was_ahead

    def reopen(self, because: str) -> None:
        """It was not over, if this is why it was thought to be."""
        if self.over_because == because:
            self.over_because = None


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How a patient is reached: asked for each time, written down nowhere."""

    given_name: str
    channel: str
    email: str | None
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A message to a patient, with everything needed to write it."""

    message_id: UUID
    clinic_id: UUID
    patient_id: UUID
    template: Template
    starts_at: datetime
    contact: Contact


@dataclass(kw_only=True, eq=False)
class Message(Aggregate):
    """One message to one patient.

    One is sent by whoever holds it until `leased_until`; `cause_code` says why it was
    suppressed or failed, `provider_id` under which id the mail server has it.
    """

    patient_id: UUID
    cause_id: UUID
    template: Template
    channel: str
    planned_for: datetime
    next_try_at: datetime
    correlation_id: UUID
    causation_id: UUID | None = None
    status: MessageStatus = MessageStatus.PLANNED
    tries: int = 0
    leased_until: datetime | None = None
    sent_at: datetime | None = None
    cause_code: str | None = None
    provider_id: str | None = None

    def plan(self) -> MessageScheduled:
        """It is to be sent."""
        return MessageScheduled(
            message_id=self.id,
            patient_id=self.patient_id,
            template=self.template.value,
            channel=self.channel,
            planned_for=self.planned_for,
        )

    def suppress(self, cause_code: str) -> MessageSuppressed:
        """It is not to be sent: its cause is gone, or nobody can receive it."""
        self._settle(MessageStatus.SUPPRESSED, cause_code)
        return MessageSuppressed(
            message_id=self.id, patient_id=self.patient_id, cause_code=cause_code
        )

    def objection(self, occasion: Occasion, contact: Contact, *, at: datetime) -> str:
        """The code of why it must not be sent now, or nothing."""
        if self.template is not Template.APPOINTMENT_CANCELLED:
            if occasion.over_because:
                return occasion.over_because
            if self.template in BEFORE_THE_START and occasion.starts_at <= at:
                return "too_late"
        return "no_channel" if contact.channel == NO_CHANNEL else ""

    def begin(self, contact: Contact) -> MessageFailed | None:
        """Count a try that begins; the failure, if there must not be another."""
        if self.tries >= MOST_TRIES:
            return self.fail("gave_up")
        if contact.channel != EMAIL:
            return self.fail("channel_unsupported")
        if not contact.email:
            return self.fail("no_address")
        self.tries += 1
        self.channel = contact.channel
        return None

    def note_sent(self, provider_id: str, *, at: datetime) -> MessageSent:
        """The mail server took it, even if its cause went while it was on its way."""
        self._settle(MessageStatus.SENT, None)
        self.sent_at, self.provider_id = at, provider_id
        return MessageSent(message_id=self.id, patient_id=self.patient_id)

    def try_later(self, reason_code: str, *, at: datetime) -> MessageFailed | None:
        """It could not be sent now; the failure, if that was the last try."""
        if self.tries >= MOST_TRIES:
            return self.fail(reason_code)
        self.leased_until = None
        self.next_try_at = at + RETRY_AFTER[self.tries - 1]
        return None

    def fail(self, reason_code: str) -> MessageFailed:
        """It will not be sent; somebody has to reach the patient another way."""
        self._settle(MessageStatus.FAILED, reason_code)
        return MessageFailed(
            message_id=self.id, patient_id=self.patient_id, reason_code=reason_code
        )

    def _settle(self, status: MessageStatus, cause_code: str | None) -> None:
        self.status, self.cause_code, self.leased_until = status, cause_code, None
