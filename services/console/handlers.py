"""What the console does about each event: note it."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from services.console.models import clinics, timeline
from shared.errors import InvalidError
from shared.events import Event
from shared.events.scheduling import ClinicOnboarded
from shared.unit_of_work import UnitOfWork


def note_event(event: Event, uow: UnitOfWork) -> None:
    """One row for one event; the same event again changes nothing.

    Raises:
        InvalidError: it came without an envelope, so nobody told it.
    """
    told = uow.causing
    if told is None:
        raise InvalidError("only an event that was told can be noted")
    known = select(timeline.c.event_id).where(timeline.c.event_id == told.id)
    if uow.connection.execute(known).first():
        return
    uow.connection.execute(
        insert(timeline).values(
            event_id=told.id,
            clinic_id=uow.clinic_id,
            name=told.name,
            sensitivity=told.sensitivity,
            patient_id=_told_id(event, "patient_id"),
            session_id=_told_id(event, "session_id"),
            appointment_id=_told_id(event, "appointment_id"),
            aggregate_type=told.aggregate_type,
            aggregate_id=told.aggregate_id,
            aggregate_version=told.aggregate_version,
            occurred_at=told.occurred_at,
            correlation_id=told.correlation_id,
            causation_id=told.causation_id,
            traceparent=told.traceparent,
            data=event.to_payload(),
        )
    )


def know_clinic(event: ClinicOnboarded, uow: UnitOfWork) -> None:
    """A clinic's pages tell the time by its own clock."""
    note_event(event, uow)
    same = clinics.c.clinic_id == uow.clinic_id
    known = uow.connection.execute(
        update(clinics).where(same).values(time_zone=event.time_zone)
    )
    if not known.rowcount:
        uow.connection.execute(
            insert(clinics).values(clinic_id=uow.clinic_id, time_zone=event.time_zone)
        )


def _told_id(event: Any, field: str) -> UUID | None:
    value: UUID | None = getattr(event, field, None)
    return value
