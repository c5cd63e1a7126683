"""Breaking the glass: who may read a patient's record in an emergency, and how long.

A grant is opened in intake with a reason and told to the services that have routes for
it. It opens reads of one patient's record to one person for an hour, each of them noted
in the audit trail as an emergency; the clinic's administrator is given a task to look
into it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Column, Connection, Table, Uuid, select

from shared.database import UtcDateTime, insert_new
from shared.events.intake import GlassBroken
from shared.mailbox.tables import metadata
from shared.unit_of_work import UnitOfWork

LASTS = timedelta(hours=1)

grants = Table(
    "emergency_grants",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("actor_id", Uuid(), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)


def note(event: GlassBroken, uow: UnitOfWork) -> None:
    """Let somebody read a patient's record for a while."""
    row = {
        "id": event.grant_id,
        "clinic_id": uow.clinic_id,
        "patient_id": event.patient_id,
        "actor_id": event.person_id,
        "until": event.until,
    }
    insert_new(uow.connection, grants, [row])


def is_open(
    connection: Connection, *, actor_id: UUID, patient_id: UUID, at: datetime
) -> bool:
    """Whether somebody may read a patient's record now."""
    found = connection.execute(
        select(grants.c.id).where(
            grants.c.patient_id == patient_id,
            grants.c.actor_id == actor_id,
            grants.c.until > at,
        )
    )
    return found.first() is not None
