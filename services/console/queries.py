"""What pages read of the console's own tables."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, tuple_

from services.console.models import clinics, timeline
from shared.access import CARE, NETWORK
from shared.context import Actor
from shared.events import Sensitivity
from shared.reading import Reading, Row


def zones(reading: Reading) -> dict[UUID, str]:
    """The time zone of every clinic that is read for."""
    return {
        row["clinic_id"]: row["time_zone"]
        for row in reading.rows(reading.select(clinics))
    }


def events(
    reading: Reading,
    *,
    patient_id: UUID | None = None,
    service: str | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Row]:
    """What happened in a clinic, or to one of its patients, newest first.

    The front desk sees only what discloses nothing about health.

    Args:
        service: only what this service told.
        after: go on behind this event.
    """
    query = _visible(reading)
    if patient_id is not None:
        query = query.where(timeline.c.patient_id == patient_id)
    if service is not None:
        query = query.where(timeline.c.name.startswith(f"{service}."))
    place = (timeline.c.occurred_at, timeline.c.event_id)
    if after is not None:
        last = reading.one(_visible(reading, *place, of=after), "event")
        query = query.where(
            tuple_(*place) < tuple_(last["occurred_at"], last["event_id"])
        )
    return reading.rows(query.order_by(*(c.desc() for c in place)).limit(limit))


def correlated(reading: Reading, correlation_id: UUID, limit: int = 500) -> list[Row]:
    """Everything one request set off, oldest first."""
    return reading.rows(
        _visible(reading)
        .where(timeline.c.correlation_id == correlation_id)
        .order_by(timeline.c.occurred_at, timeline.c.event_id)
        .limit(limit)
    )


def last_told(reading: Reading, *, session_id: UUID | None = None) -> UUID | None:
    """The last that was told in a clinic, or of one of its sessions."""
    query = reading.select(timeline, timeline.c.event_id)
    if session_id is not None:
        query = query.where(timeline.c.session_id == session_id)
    latest = query.order_by(timeline.c.occurred_at.desc(), timeline.c.event_id.desc())
    told: UUID | None = reading.connection.scalar(latest.limit(1))
    return told


def sees_all(actor: Actor, clinic_id: UUID | None) -> bool:
    """Whether somebody may see what events disclose about a patient's health."""
    return bool(actor.roles_in(clinic_id) & (CARE | NETWORK))


def _visible(reading: Reading, *columns: Any, of: UUID | None = None) -> Select[Any]:
    query = reading.select(timeline, *columns)
    if not sees_all(reading.context.actor, reading.context.clinic_id):
        query = query.where(timeline.c.sensitivity == Sensitivity.ROUTINE)
    return query if of is None else query.where(timeline.c.event_id == of)
