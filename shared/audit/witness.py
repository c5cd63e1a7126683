"""Anchors of other services' chains: whoever rewrites a trail does not reach these."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Column, Connection, String, Table, Uuid, select

from shared.database import Serial, UtcDateTime, insert_new
from shared.errors import InvalidError
from shared.events import Event
from shared.events.console import ConsoleAuditAnchored
from shared.events.intake import IntakeAuditAnchored
from shared.events.notifications import NotificationsAuditAnchored
from shared.events.scheduling import SchedulingAuditAnchored
from shared.events.sessions import SessionsAuditAnchored
from shared.mailbox.tables import metadata
from shared.unit_of_work import UnitOfWork

TOLD_BY_OTHERS: Mapping[str, tuple[type[Event], ...]] = {
    "console": (
        IntakeAuditAnchored,
        SchedulingAuditAnchored,
        SessionsAuditAnchored,
        NotificationsAuditAnchored,
    ),
    "intake": (ConsoleAuditAnchored,),
}
"""Which service witnesses whose chains."""

anchors_heard = Table(
    "audit_anchors_heard",
    metadata,
    Column("producer", String(32), primary_key=True),
    Column("clinic_id", Uuid(), primary_key=True),
    Column("position", Serial, primary_key=True),
    Column("seal", String(64), nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
)


def note(event: Event, uow: UnitOfWork) -> None:
    """Keep what another service says of its chain; the first word stands.

    Raises:
        InvalidError: it did not come as an event of a clinic.
    """
    if uow.causing is None or uow.context.clinic_id is None:
        raise InvalidError("an anchor comes as an event")
    values = event.to_payload()
    row = {
        "producer": event.producer,
        "clinic_id": uow.clinic_id,
        "position": values["position"],
        "seal": values["seal"],
        "told_at": uow.causing.occurred_at,
    }
    insert_new(uow.connection, anchors_heard, [row])


def heard(connection: Connection, producer: str, clinic_id: UUID) -> Mapping[int, str]:
    """The seals a service told of a clinic's chain, by their position."""
    rows = connection.execute(
        select(anchors_heard.c.position, anchors_heard.c.seal).where(
            anchors_heard.c.producer == producer,
            anchors_heard.c.clinic_id == clinic_id,
        )
    )
    return {row.position: row.seal for row in rows}
