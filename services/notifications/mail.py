"""Takes messages to where mail leaves: an SMTP server, or a table the console shows."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from services.notifications.domain.messages import (
    Mail,
    MailRefusedError,
    MailUnavailableError,
)
from services.notifications.models import outbox_mails
from services.notifications.texts import render
from shared.database import insert_new
from shared.privacy.keys import PersonErasedError
from shared.reach import Reach
from shared.service import Runtime
from shared.settings import SettingsError

SMTP_PORT = 25
TIMEOUT_SECONDS = 20.0


class Channel(Protocol):
    """A way to a patient."""

    def send(self, mail: Mail) -> str:
        """Hand a message over; the id its new holder has it under.

        Raises:
            MailUnavailableError: not now.
            MailRefusedError: never.
        """


def channel_for(runtime: Runtime) -> Channel:
    """The way the settings name.

    Raises:
        SettingsError: they name none.
    """
    url = urlsplit(runtime.settings.mail_url)
    if url.scheme == "outbox":
        return OutboxChannel(runtime)
    if url.scheme == "smtp" and url.hostname:
        return SmtpChannel(runtime)
    raise SettingsError("KAP_MAIL_URL must be smtp://host:port or outbox:")


class OutboxChannel:
    """Keeps messages for the console, without the patient's name and address."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def send(self, mail: Mail) -> str:
        """Keep it; a second copy changes nothing."""
        text = render(
            mail.template,
            starts_at=mail.starts_at,
            time_zone=mail.contact.time_zone,
            given_name=None,
        )
        row = {
            "id": mail.message_id,
            "clinic_id": mail.clinic_id,
            "patient_id": mail.patient_id,
            "template": mail.template,
            "subject": text.subject,
            "body": text.body,
            "kept_at": self._runtime.clock(),
        }
        try:
            with self._runtime.begin(Reach.of(mail.clinic_id)) as connection:
                insert_new(connection, outbox_mails, [row])
        except PersonErasedError as error:
            raise MailRefusedError("nobody is there to be written to") from error
        return f"outbox/{mail.message_id}"


class SmtpChannel:
    """Hands messages to an SMTP server, one connection for each."""

    def __init__(self, runtime: Runtime) -> None:
        self._url = urlsplit(runtime.settings.mail_url)
        self._starttls = parse_qs(self._url.query).get("starttls") == ["1"]
        self._sender = runtime.settings.mail_from
        self._domain = parseaddr(self._sender)[1].rpartition("@")[2]
        self._clock = runtime.clock

    def send(self, mail: Mail) -> str:
        """Hand it over under a Message-ID of its own, the same at every try."""
        message_id = f"<{mail.message_id}@{self._domain}>"
        try:
            letter = self._letter(mail, message_id)
        except ValueError as error:
            raise MailRefusedError("the address makes no sense") from error
        try:
            with self._connected() as server:
                self._log_in(server)
                server.send_message(letter, to_addrs=[mail.contact.email or ""])
        except (OSError, smtplib.SMTPException) as error:
            if _is_final(error):
                raise MailRefusedError from error
            raise MailUnavailableError from error
        return message_id

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A conversation; how it ends says nothing about a message it has taken."""
        server = smtplib.SMTP(
            self._url.hostname or "",
            self._url.port or SMTP_PORT,
            local_hostname=self._domain,
            timeout=TIMEOUT_SECONDS,
        )
        try:
            yield server
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _log_in(self, server: smtplib.SMTP) -> None:
        if self._starttls:
            server.starttls(context=ssl.create_default_context())
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))

    def _letter(self, mail: Mail, message_id: str) -> EmailMessage:
        text = render(
            mail.template,
            starts_at=mail.starts_at,
            time_zone=mail.contact.time_zone,
            given_name=mail.contact.given_name,
        )
        letter = EmailMessage()
        letter["From"] = self._sender
        letter["To"] = mail.contact.email
        letter["Subject"] = text.subject
        letter["Date"] = format_datetime(self._clock())
        letter["Message-ID"] = message_id
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text.body)
        return letter


def _is_final(error: Exception) -> bool:
    """Whether a server said that it will never take this message.

    A refused login is about us, not about the message: it is tried again once somebody
    has seen to it.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return (
        isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError)
        and error.smtp_code >= 500
    )
