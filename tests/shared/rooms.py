"""Rooms to change, in units of work on a database of either kind."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

from sqlalchemy import select

from services.scheduling.app import service
from services.scheduling.domain import Resource, ResourceKind
from services.scheduling.models import resources
from shared.context import Context
from shared.database import Database
from shared.errors import ConflictError
from shared.ids import uuid7
from shared.mailbox.tables import event_log
from shared.privacy.columns import opened
from shared.telemetry import Tracing
from shared.testing.lab import EVERYTHING, MORNING
from shared.unit_of_work import UnitOfWork, transaction
from tests.shared.noting import CLINIC

OTHER_CLINIC = uuid7()
TRACING = Tracing("scheduling")

Begin = Callable[..., AbstractContextManager[UnitOfWork]]


class NameTakenError(ConflictError):
    """There is a clinic of that name."""

    code = "name_taken"


def begin_on(database: Database) -> Begin:
    """What opens units of work on a database, for a clinic or for the network."""

    def begin(clinic_id: UUID | None = CLINIC) -> AbstractContextManager[UnitOfWork]:
        return transaction(
            database,
            Context(actor=service.actor, clinic_id=clinic_id),
            now=MORNING,
            tracing=TRACING,
            conflicts={"uq_clinics_name": NameTakenError},
        )

    return begin


def room(clinic_id: UUID = CLINIC, name: str = "Blue") -> Resource:
    """A room nobody has heard of."""
    return Resource(id=uuid7(), clinic_id=clinic_id, kind=ResourceKind.ROOM, name=name)


def add(begin: Begin, resource: Resource) -> Resource:
    """Keep a room, and tell of it."""
    with begin(resource.clinic_id) as uow:
        uow.add(resource)
        uow.publish(resource.add(), of=resource)
    return resource


def rename(uow: UnitOfWork, resource_id: UUID, name: str) -> None:
    """Change a room, and tell of it."""
    resource = uow.get(Resource, resource_id)
    resource.name = name
    uow.publish(resource.add(), of=resource)


def log(database: Database) -> list[tuple[UUID, int]]:
    """Aggregate and version of everything that was told."""
    with database.read(EVERYTHING) as connection:
        rows = connection.execute(select(event_log).order_by(event_log.c.id))
        return [(row.aggregate_id, row.aggregate_version) for row in rows]


def names(database: Database) -> list[str]:
    """The names of all rooms."""
    with database.read(EVERYTHING) as connection:
        found = opened(connection, connection.execute(select(resources.c.name)))
        return [row["name"] for row in found]
