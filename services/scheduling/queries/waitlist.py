"""Who waits for an earlier time."""

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


def _offer(row: Row) -> Row | None:
    return {**row, "appointment_id": row["offer_id"]} if row["offer_id"] else None
