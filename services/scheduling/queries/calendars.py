"""Calendars: the links to them, what they say, and busy times from those of others."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_

from services.scheduling.domain import (
    AFTER,
    BEFORE,
    CANCELLED_FOR,
    OFF,
    CalendarLink,
    Entry,
    ResourceKind,
)
from services.scheduling.models import appointments, claims, resources
from services.scheduling.models.calendar import busy_feeds, busy_times, calendar_links
from shared.errors import NotFoundError
from shared.reading import Reading, Row


def links(reading: Reading) -> list[Row]:
    """Links that open something, newest first."""
    return reading.rows(
        reading.select(calendar_links)
        .where(calendar_links.c.ended_at.is_(None))
        .order_by(calendar_links.c.id.desc())
    )


def entries(reading: Reading, code: str, now: datetime) -> list[Entry]:
    """What the calendar of a link tells.

    Raises:
        NotFoundError: it opens nothing: unknown, of another clinic or ended.
    """
    name, _, secret = code.partition(".")
    try:
        link_id = UUID(name)
    except ValueError as error:
        raise NotFoundError("this link does not open") from error
    query = reading.select(calendar_links).where(calendar_links.c.id == link_id)
    link = CalendarLink(**reading.one(query, "link"))
    link.demand_good(secret)
    return _entries(reading, link, now)


def _entries(reading: Reading, link: CalendarLink, now: datetime) -> list[Entry]:
    """The appointments of a resource, and those that are not to take place."""
    at = appointments.c.starts_at
    is_off = appointments.c.status.in_(OFF)
    found = reading.rows(
        reading.select(appointments)
        .join(claims, claims.c.appointment_id == appointments.c.id)
        .where(
            claims.c.resource_id == link.resource_id,
            at <= now + AFTER,
            or_(at >= now - BEFORE, and_(is_off, at >= now - CANCELLED_FOR)),
        )
        .order_by(at, appointments.c.id)
    )
    rooms = _rooms(reading, [row["id"] for row in found]) if link.shows_room else {}
    return [
        Entry(
            id=row["id"],
            version=row["version"],
            status=row["status"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            room=rooms.get(row["id"]),
        )
        for row in found
    ]


def _rooms(reading: Reading, ids: list[UUID]) -> dict[UUID, str]:
    """The names of the rooms that appointments are in."""
    rows = reading.rows(
        reading.select(claims, claims.c.appointment_id, resources.c.name)
        .join(resources, resources.c.id == claims.c.resource_id)
        .where(
            claims.c.appointment_id.in_(ids), claims.c.kind == ResourceKind.ROOM.value
        )
    )
    return {row["appointment_id"]: row["name"] for row in rows}


def busy(reading: Reading, resource_id: UUID) -> Row:
    """The calendar that is read for a resource, and how many busy times it has.

    Raises:
        NotFoundError: none is.
    """
    query = reading.select(busy_feeds).where(busy_feeds.c.resource_id == resource_id)
    row = reading.one(query, "calendar")
    count = reading.select(busy_times, func.count()).where(
        busy_times.c.feed_id == row["id"]
    )
    times = reading.connection.execute(count).scalar_one()
    return {**row, "is_fetched": row["url"] is not None, "times": times}


def busy_all(reading: Reading) -> list[Row]:
    """Every calendar that is read for a resource of the clinic."""
    rows = reading.rows(reading.select(busy_feeds).order_by(busy_feeds.c.id))
    return [{**row, "is_fetched": row["url"] is not None} for row in rows]
