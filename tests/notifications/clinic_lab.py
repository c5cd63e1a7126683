"""A clinic whose events a test tells, with an intake that knows how to reach people."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from marshmallow import fields
from sqlalchemy import select

from services.notifications.app import service
from services.notifications.models import messages
from shared import access
from shared.access import Role
from shared.database import new_metadata
from shared.envelope import Envelope
from shared.errors import NotFoundError, UnavailableError
from shared.events import Event
from shared.events.intake import PatientRegistered
from shared.events.scheduling import AppointmentBooked
from shared.http import Routes, View
from shared.ids import uuid7
from shared.mailbox import inbox
from shared.reading import Reading
from shared.service import Service
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab

ID_FIELDS = {
    "consent": "consent_id",
    "match": "match_id",
    "appointment": "appointment_id",
    "waitlist_entry": "entry_id",
    "patient": "patient_id",
    "episode": "episode_id",
    "safety_flag": "flag_id",
    "measure": "response_id",
    "session": "session_id",
    "alert": "alert_id",
    "integration": "integration_id",
    "resource": "resource_id",
    "vitals": "vitals_id",
}
"""Which field of an event holds the id of its aggregate."""

ADDRESS = "ada.canary@mail.example"
GIVEN_NAME = "Adacanary"


class ContactView(View):
    """How a patient is reached."""

    patient_id = fields.UUID()
    given_name = fields.String()
    channel = fields.String()
    email = fields.String(allow_none=True)
    time_zone = fields.String()


class Intake:
    """A service of that name that answers one question, or does not.

    `when_asked` is done once, in the middle of the next question.
    """

    def __init__(self) -> None:
        self.contacts: dict[UUID, dict[str, Any]] = {}
        self.is_down = False
        self.asked = 0
        self.when_asked: Callable[[], object] | None = None
        routes = Routes("intake", "Contacts for tests")

        @routes.get(
            "/patients/<uuid:patient_id>/contact",
            scope=access.CONTACT_READ,
            gives=ContactView(),
        )
        def show_contact(reading: Reading, patient_id: UUID) -> Mapping[str, Any]:
            """The contact a test has noted."""
            self.asked += 1
            if self.when_asked is not None:
                once, self.when_asked = self.when_asked, None
                once()
            if self.is_down:
                raise UnavailableError
            if patient_id not in self.contacts:
                raise NotFoundError
            return self.contacts[patient_id]

        self.service = Service(name="intake", metadata=new_metadata(), blueprint=routes)


class Clinic:
    """A clinic in a laboratory, and everything told about it."""

    def __init__(
        self, folder: Path, *, clinic_id: UUID | None = None, **settings: Any
    ) -> None:
        self.intake = Intake()
        self.lab = Lab([self.intake.service, service], folder, **settings)
        self.id = clinic_id or uuid7()
        self._versions: Counter[UUID] = Counter()
        self._places: Counter[str] = Counter()

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self.lab.clock()

    def caller(self, *roles: Role) -> Caller:
        """Somebody with roles in the clinic."""
        return self.lab.caller(*roles, clinic_id=self.id)

    def envelope(
        self, event: Event, *, version: int | None = None, clinic_id: UUID | None = None
    ) -> Envelope:
        """The event as another service would send it, next in its feed."""
        about: UUID = getattr(event, ID_FIELDS[event.aggregate])
        if version is None:
            version = self._versions[about] + 1
        self._versions[about] = max(self._versions[about], version)
        self._places[event.producer] += 1
        return Envelope(
            id=uuid7(),
            type=event.type,
            clinic_id=clinic_id or self.id,
            aggregate_type=event.aggregate,
            aggregate_id=about,
            aggregate_version=version,
            payload=json.dumps(event.to_payload()),
            occurred_at=self.now,
            correlation_id=uuid7(),
            sequence=self._places[event.producer],
        )

    def store(self, *envelopes: Envelope) -> None:
        """Put envelopes into the inbox, in this order."""
        with self.lab.runtime("notifications").begin(EVERYTHING) as connection:
            inbox.store(connection, envelopes, at=self.now)

    def tell(self, *events: Event, version: int | None = None) -> None:
        """Let the service hear of events, and do all that follows."""
        self.store(*(self.envelope(event, version=version) for event in events))
        self.lab.settle()

    def wait(self, **time: float) -> None:
        """Let time pass, and everything that is due then be done."""
        self.lab.clock.advance(**time)
        self.lab.settle()

    def register(
        self,
        *,
        channel: str = "email",
        email: str | None = ADDRESS,
        time_zone: str = "America/Chicago",
        patient_id: UUID | None = None,
    ) -> UUID:
        """A patient is registered, and intake knows the contact."""
        patient = patient_id or uuid7()
        self.intake.contacts[patient] = {
            "patient_id": patient,
            "given_name": GIVEN_NAME,
            "channel": channel,
            "email": email,
            "time_zone": time_zone,
        }
        self.tell(
            PatientRegistered(
                patient_id=patient,
                episode_id=uuid7(),
                time_zone=time_zone,
                channel=channel,
            )
        )
        return patient

    def booking(self, patient_id: UUID, **ahead: float) -> AppointmentBooked:
        """An appointment that starts so far ahead; two days if nothing is said."""
        starts_at = self.now + timedelta(**(ahead or {"days": 2}))
        return AppointmentBooked(
            appointment_id=uuid7(),
            patient_id=patient_id,
            episode_id=uuid7(),
            appointment_type="dosing",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=3),
            resource_ids=(uuid7(),),
        )

    def messages(self) -> list[tuple[str, str, str | None]]:
        """Template, status and cause of every message, in the order of planning."""
        with self.lab.runtime("notifications").begin(EVERYTHING) as connection:
            rows = connection.execute(select(messages).order_by(messages.c.id))
            return [
                (row.template.value, row.status.value, row.cause_code) for row in rows
            ]

    def tasks(self, status: str = "open") -> list[dict[str, Any]]:
        """The worklist, as an administrator sees it."""
        admin = self.caller(Role.CLINIC_ADMIN)
        found: list[dict[str, Any]] = admin.get(
            "notifications", "/tasks", status=status
        )["items"]
        return found

    def everything_stored(self) -> str:
        """Every row of every table, the mailbox's too, as one text."""
        with self.lab.runtime("notifications").begin(EVERYTHING) as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            return "\n".join(raw.iterdump())

    def close(self) -> None:
        """End it."""
        self.lab.close()
