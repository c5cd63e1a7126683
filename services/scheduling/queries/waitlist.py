"""Who waits for an earlier time."""

from datetime import datetime
from uuid import UUID

from services.scheduling.domain import EntryStatus
from services.scheduling.models import appointments, waitlist_entries
from shared.reading import Reading, Row

OPEN = (EntryStatus.WAITING, EntryStatus.OFFERED)


def waitlist(reading: Reading) -> list[Row]:
    """Who waits, in order, each with what is offered."""
    query = (
        reading.select(
            waitlist_entries,
            *waitlist_entries.c,
            appointments.c.starts_at,
            appointments.c.ends_at,
            appointments.c.expires_at,
        )
        .outerjoin(appointments, appointments.c.id == waitlist_entries.c.offer_id)
        .where(waitlist_entries.c.status.in_(OPEN))
        .order_by(waitlist_entries.c.since, waitlist_entries.c.id)
    )
    return [{**row, "offer": _offer(row)} for row in reading.rows(query)]


def offers_to(reading: Reading, patient_id: UUID, now: datetime) -> list[Row]:
    """What is held for a patient who waits, the first to end first.

    Whose time to answer is over is left out, though no reminder may have come yet.
    """
    query = (
        reading.select(
            waitlist_entries,
            waitlist_entries.c.id,
            waitlist_entries.c.type,
            appointments.c.mode,
            appointments.c.starts_at,
            appointments.c.ends_at,
            appointments.c.expires_at,
        )
        .join(appointments, appointments.c.id == waitlist_entries.c.offer_id)
        .where(
            waitlist_entries.c.patient_id == patient_id,
            appointments.c.expires_at > now,
        )
        .order_by(appointments.c.expires_at)
    )
    return reading.rows(query)


def _offer(row: Row) -> Row | None:
    return {**row, "appointment_id": row["offer_id"]} if row["offer_id"] else None
