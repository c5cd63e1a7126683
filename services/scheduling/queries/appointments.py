"""What is read of appointments: the day, a patient's, what each holds."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduling.domain import EXPECTED, AppointmentStatus
from services.scheduling.models import (
    appointments,
    claims,
    facts,
    integration_needs,
    overbookings,
    resources,
)
from services.scheduling.queries.clinics import clinic, pack_at_hand
from shared.readiness import Fact
from shared.reading import Reading, Row


def appointment(reading: Reading, appointment_id: UUID) -> Row:
    """One appointment with what it holds.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    query = reading.select(appointments).where(appointments.c.id == appointment_id)
    row = reading.one(query, "appointment")
    return with_claims(reading, [row])[0]


def of_patient(reading: Reading, patient_id: UUID) -> list[Row]:
    """A patient's appointments, earliest first."""
    query = (
        reading.select(appointments)
        .where(appointments.c.patient_id == patient_id)
        .order_by(appointments.c.starts_at)
    )
    return with_claims(reading, reading.rows(query))


def day(reading: Reading, on: date | None, now: datetime, days: int = 1) -> Row:
    """A clinic's day by its own clock, or several: every appointment that starts then.

    A day begins and ends at local midnight, so it has 23 or 25 hours twice a year.
    """
    where = clinic(reading)
    zone = ZoneInfo(where["time_zone"])
    local = on or now.astimezone(zone).date()
    begins = datetime.combine(local, time.min, zone).astimezone(UTC)
    last = local + timedelta(days=days)
    ends = datetime.combine(last, time.min, zone).astimezone(UTC)
    query = (
        reading.select(appointments)
        .where(appointments.c.starts_at >= begins, appointments.c.starts_at < ends)
        .order_by(appointments.c.starts_at, appointments.c.id)
    )
    overdue_before = now - pack_at_hand(reading, now).booking.no_show_after
    return {
        "date": local,
        "time_zone": where["time_zone"],
        "clinic_name": where["name"],
        "begins_at": begins,
        "ends_at": ends,
        "appointments": [
            {**row, "no_show_suggested": _is_overdue(row, overdue_before)}
            for row in with_claims(reading, reading.rows(query))
        ],
    }


def _is_overdue(row: Row, overdue_before: datetime) -> bool:
    return row["status"] in EXPECTED and row["starts_at"] <= overdue_before


def overbooking(reading: Reading, appointment_id: UUID) -> Row:
    """Who overruled that an appointment does not fit, and why.

    Raises:
        NotFoundError: nobody did.
    """
    query = reading.select(overbookings)
    this = overbookings.c.appointment_id == appointment_id
    return reading.one(query.where(this), "overbooking")


def open_integrations(reading: Reading) -> list[Row]:
    """Integrations that want an appointment, the most urgent first."""
    return reading.rows(
        reading.select(integration_needs)
        .where(integration_needs.c.status == "open")
        .order_by(integration_needs.c.due_at)
    )


def overlaps(reading: Reading) -> list[Row]:
    """Pairs of active claims that overlap on one resource; there must never be any but
    what somebody overbooked.
    """
    other = claims.alias("other")
    return reading.rows(
        reading.select(claims, claims.c.id, claims.c.resource_id)
        .join(
            other,
            (other.c.resource_id == claims.c.resource_id)
            & (other.c.id > claims.c.id)
            & (other.c.starts_at < claims.c.ends_at)
            & (claims.c.starts_at < other.c.ends_at),
        )
        .where(claims.c.active, other.c.active)
        .where(~claims.c.overbooked, ~other.c.overbooked)
    )


def facts_of(reading: Reading, patient_id: UUID) -> list[Fact]:
    """The readiness facts known of a patient.

    Raises:
        NotFoundError: nothing is read for a clinic.
    """
    where = clinic(reading)
    return facts.of(patient_id, reading.connection, where["id"])


def with_claims(reading: Reading, rows: list[Row]) -> list[Row]:
    """Appointments with their resources, in one more query however many there are."""
    if not rows:
        return []
    held = reading.rows(
        reading.select(
            claims,
            claims.c.appointment_id,
            claims.c.resource_id,
            claims.c.kind,
            claims.c.ends_at,
            claims.c.overbooked,
            resources.c.name,
        )
        .outerjoin(resources, resources.c.id == claims.c.resource_id)
        .where(claims.c.appointment_id.in_([row["id"] for row in rows]))
        .where(claims.c.kind != "patient")
        .order_by(claims.c.kind)
    )
    of_each: dict[UUID, list[Row]] = {row["id"]: [] for row in rows}
    for item in held:
        of_each[item["appointment_id"]].append(item)
    return [
        {
            **row,
            "resources": of_each[row["id"]],
            "overbooked": any(item["overbooked"] for item in of_each[row["id"]]),
            "is_over": row["status"] in _OVER,
        }
        for row in rows
    ]


_OVER = {
    AppointmentStatus.RELEASED,
    AppointmentStatus.CANCELLED,
    AppointmentStatus.RESCHEDULED,
    AppointmentStatus.NO_SHOW,
    AppointmentStatus.FULFILLED,
}
