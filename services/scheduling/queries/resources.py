"""What is read of rooms, devices and staff."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from services.scheduling.domain import AHEAD, PRESENT
from services.scheduling.models import (
    absences,
    appointments,
    claims,
    licences,
    resources,
)
from services.scheduling.queries.appointments import with_claims
from services.scheduling.queries.clinics import clinic, pack_at_hand
from shared.reading import Reading, Row


def all_resources(
    reading: Reading, now: datetime, *, with_retired: bool = False
) -> list[Row]:
    """What can be booked, by kind and name, with the licences they hold."""
    query = reading.select(resources).order_by(resources.c.id)
    if not with_retired:
        query = query.where(resources.c.retired_at.is_(None))
    rows = _with_licences(reading, reading.rows(query), now)
    # A database cannot sort by what it cannot read.
    return sorted(rows, key=lambda row: (row["kind"], row["name"]))


def resource(reading: Reading, resource_id: UUID, now: datetime) -> Row:
    """All that is known of one, with its shifts, licences and absences to come.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    query = reading.select(resources).where(resources.c.id == resource_id)
    found = _with_licences(reading, [reading.one(query, "resource")], now)[0]
    ahead = or_(absences.c.over_at.is_(None), absences.c.over_at > now)
    of_it = reading.select(absences).where(absences.c.resource_id == resource_id, ahead)
    return {
        **found,
        "absences": reading.rows(of_it.order_by(absences.c.begins_at, absences.c.id)),
    }


def booked_on(reading: Reading, resource_id: UUID, now: datetime) -> list[Row]:
    """The appointments that are under way or ahead on a resource, earliest first.

    Raises:
        NotFoundError: there is no such resource in this clinic.
    """
    reading.one(
        reading.select(resources, resources.c.id).where(resources.c.id == resource_id),
        "resource",
    )
    held = select(claims.c.appointment_id).where(
        claims.c.resource_id == resource_id, claims.c.active, claims.c.ends_at > now
    )
    query = (
        reading.select(appointments)
        .where(appointments.c.id.in_(held), appointments.c.status.in_(AHEAD | PRESENT))
        .order_by(appointments.c.starts_at, appointments.c.id)
    )
    return with_claims(reading, reading.rows(query))


def _with_licences(reading: Reading, rows: list[Row], now: datetime) -> list[Row]:
    """Resources with their licences, in as many queries however many there are."""
    query = reading.select(licences).order_by(licences.c.code)
    if len(rows) == 1:
        query = query.where(licences.c.resource_id == rows[0]["id"])
    held: dict[UUID, list[Row]] = defaultdict(list)
    if found := reading.rows(query):
        today = now.astimezone(ZoneInfo(clinic(reading)["time_zone"])).date()
        notice = pack_at_hand(reading, now).appointments.licence_notice
        for row in found:
            held[row["resource_id"]].append(_judged(row, today, notice))
    return [{**row, "licences": held[row["id"]]} for row in rows]


def _judged(licence: Row, today: date, notice: timedelta) -> Row:
    """A licence with whether it is over, or will be soon."""
    last: date = licence["valid_until"]
    return {
        **licence,
        "is_over": last < today,
        "expires_soon": today <= last <= today + notice,
    }
