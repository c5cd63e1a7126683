"""A small service that notes what it hears, and ways to tell it something."""

import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, String, Table, Uuid, insert, select

from services.scheduling.app import service as scheduling
from shared.aggregate import Aggregate
from shared.database import Database, Serial, new_metadata
from shared.envelope import Envelope
from shared.events import Event, catalogue
from shared.events.scheduling import EscortConfirmed
from shared.ids import uuid7
from shared.isolation import allow
from shared.mailbox import inbox
from shared.service import Runtime, Service
from shared.testing.lab import EVERYTHING, MORNING, Lab
from shared.testing.servers.postgres import SERVICE_ROLE
from shared.unit_of_work import UnitOfWork

CLINIC = UUID("0190b7f0-0000-7000-8000-000000000001")

__all__ = [
    "CLINIC",
    "Noting",
    "appointment",
    "envelopes",
    "receive",
    "scheduling",
    "tell",
]


class Noting:
    """A service that writes a row for every event it handles.

    `interrupt` is called in the handler, with the envelope, before the row is written:
    a test makes it raise or wait.
    """

    def __init__(
        self,
        *,
        ordered: bool = False,
        events: Sequence[type[Event]] | None = None,
        **more: Any,
    ) -> None:
        self.interrupt: Callable[[Envelope], None] = lambda _: None
        self.metadata = new_metadata()
        self.table = Table(
            "noted",
            self.metadata,
            Column("id", Serial, primary_key=True),
            Column("event_id", Uuid(), nullable=False),
            Column("aggregate_id", Uuid(), nullable=False),
            Column("version", Integer, nullable=False),
            Column("name", String(160), nullable=False),
        )
        about_appointments = [
            event for event in catalogue().values() if event.aggregate == "appointment"
        ]
        self.service = Service(
            name="console",
            metadata=self.metadata,
            handlers=dict.fromkeys(events or about_appointments, self.note),
            ordered=frozenset({"appointment"}) if ordered else frozenset(),
            **more,
        )

    def note(self, _: Event, uow: UnitOfWork) -> None:
        """Write down what is being handled."""
        assert uow.causing
        self.interrupt(uow.causing)
        uow.connection.execute(
            insert(self.table).values(
                event_id=uow.causing.id,
                aggregate_id=uow.causing.aggregate_id,
                version=uow.causing.aggregate_version,
                name=uow.causing.name,
            )
        )

    def prepare(self, where: Lab | Runtime) -> None:
        """Make the table in the service's database."""
        runtime = where.runtime("console") if isinstance(where, Lab) else where
        owner_url = runtime.settings.owner_database_url
        if owner_url is None:
            self.metadata.create_all(runtime.database.engine)
            return
        owner = Database(owner_url)
        with owner.begin(EVERYTHING) as connection:
            self.metadata.create_all(connection)
            allow(connection, SERVICE_ROLE)
        owner.close()

    def noted(self, where: Lab | Runtime) -> list[tuple[UUID, int]]:
        """Aggregate and version of what was handled, in that order."""
        runtime = where.runtime("console") if isinstance(where, Lab) else where
        with runtime.begin(EVERYTHING) as connection:
            rows = connection.execute(select(self.table).order_by(self.table.c.id))
            return [(row.aggregate_id, row.version) for row in rows]

    def versions(self, where: Lab | Runtime) -> list[int]:
        """The versions of what was handled, in that order."""
        return [version for _, version in self.noted(where)]


def appointment() -> Aggregate:
    """An appointment that has told nothing yet, as far as events are concerned."""
    return Aggregate(id=uuid7(), clinic_id=CLINIC)


def tell(lab: Lab, *aggregates: Aggregate, times: int = 1) -> None:
    """Let scheduling tell of each of them, so many times, in one transaction."""
    with lab.unit_of_work("scheduling", CLINIC) as uow:
        for _ in range(times):
            for each in aggregates:
                event = EscortConfirmed(appointment_id=each.id, patient_id=each.id)
                uow.publish(event, of=each)


def envelopes(aggregate: Aggregate, count: int) -> list[Envelope]:
    """What a service would be told of an appointment, in order."""
    event = EscortConfirmed(appointment_id=aggregate.id, patient_id=aggregate.id)
    return [_envelope(event, aggregate, version) for version in range(1, count + 1)]


def receive(lab: Lab, told: Sequence[Envelope]) -> None:
    """Put envelopes into the small service's inbox, in this order."""
    with lab.runtime("console").begin(EVERYTHING) as connection:
        inbox.store(connection, told, at=lab.clock())


def _envelope(event: Event, aggregate: Aggregate, version: int) -> Envelope:
    return Envelope(
        id=uuid7(),
        type=event.type,
        clinic_id=aggregate.clinic_id,
        aggregate_type=event.aggregate,
        aggregate_id=aggregate.id,
        aggregate_version=version,
        payload=json.dumps(event.to_payload()),
        occurred_at=MORNING,
    )
