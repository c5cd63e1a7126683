"""What screens and lists read of scheduling."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from services.scheduling.domain import (
    BUNDLES,
    AppointmentStatus,
    Busy,
    Closure,
    Opening,
    ResourceKind,
    Wish,
    offers,
)
from services.scheduling.models import (
    appointments,
    claims,
    clinics,
    closures,
    facts,
    integration_needs,
    packs,
    resources,
)
from shared.readiness import Fact
from shared.reading import Reading, Row
from shared.rulepack import RulePack
from shared.statements import ReadyQuery

# Every page and every other service asks for the clinic and its zone.
_CLINIC = ReadyQuery(select(clinics).where(clinics.c.clinic_id == bindparam("clinic")))


def all_clinics(reading: Reading, ids: list[UUID] | None = None) -> list[Row]:
    """The clinics of the network, by name; only these, if ids are given."""
    query = select(clinics).order_by(clinics.c.name)
    return reading.rows(query if ids is None else query.where(clinics.c.id.in_(ids)))


def clinic(reading: Reading) -> Row:
    """The clinic that is read for."""
    return reading.ready(_CLINIC, "clinic")


def all_resources(reading: Reading) -> list[Row]:
    """What can be booked, by kind and name."""
    rows = reading.rows(reading.select(resources).order_by(resources.c.id))
    # A database cannot sort by what it cannot read.
    return sorted(rows, key=lambda row: (row["kind"], row["name"]))


def appointment(reading: Reading, appointment_id: UUID) -> Row:
    """One appointment with what it holds.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    query = reading.select(appointments).where(appointments.c.id == appointment_id)
    row = reading.one(query, "appointment")
    return _with_claims(reading, [row])[0]


def of_patient(reading: Reading, patient_id: UUID) -> list[Row]:
    """A patient's appointments, earliest first."""
    query = (
        reading.select(appointments)
        .where(appointments.c.patient_id == patient_id)
        .order_by(appointments.c.starts_at)
    )
    return _with_claims(reading, reading.rows(query))


def day(reading: Reading, on: date | None, now: datetime) -> Row:
    """A clinic's day by its own clock: every appointment that starts on it.

    A day begins and ends at local midnight, so it has 23 or 25 hours twice a year.
    """
    where = clinic(reading)
    zone = ZoneInfo(where["time_zone"])
    local = on or now.astimezone(zone).date()
    begins = datetime.combine(local, time.min, zone).astimezone(UTC)
    ends = datetime.combine(local + timedelta(days=1), time.min, zone).astimezone(UTC)
    query = (
        reading.select(appointments)
        .where(appointments.c.starts_at >= begins, appointments.c.starts_at < ends)
        .order_by(appointments.c.starts_at, appointments.c.id)
    )
    return {
        "date": local,
        "time_zone": where["time_zone"],
        "clinic_name": where["name"],
        "begins_at": begins,
        "ends_at": ends,
        "appointments": _with_claims(reading, reading.rows(query)),
    }


def free_times(reading: Reading, asked: Row, now: datetime) -> list[Row]:
    """The earliest times at which a patient and everything needed are free.

    Raises:
        NotFoundError: nothing is read for a clinic.
    """
    begins_at = max(asked["from_"] or now, now)
    wish = Wish(
        begins_at=begins_at,
        ends_at=begins_at + timedelta(days=asked["days"]),
        duration=pack_at_hand(reading, now).appointments.durations[asked["type"].value],
        opening=_opening(reading),
        opens=asked["opens"],
        closes=asked["closes"],
        weekdays=frozenset(asked["weekdays"]),
    )
    kinds: dict[ResourceKind, list[UUID]] = {
        kind: [] for kind in BUNDLES[asked["type"]]
    }
    for row in all_resources(reading):
        kind: ResourceKind = row["kind"]
        if kind in kinds and asked[f"{kind.value}_id"] in (None, row["id"]):
            kinds[kind].append(row["id"])
    found = offers(wish, kinds, asked["patient_id"], _taken(reading, wish))
    return [
        {
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            **{f"{kind.value}_id": who for kind, who in one.resources.items()},
        }
        for one in islice(found, asked["limit"])
    ]


def hours(reading: Reading) -> Row:
    """When the clinic is open, and the days it is closed from today on."""
    where = clinic(reading)
    return {
        "version": where["version"],
        "weekly": where["hours"],
        "closures": reading.rows(
            reading.select(closures).order_by(closures.c.first_day, closures.c.id)
        ),
    }


def _opening(reading: Reading) -> Opening:
    where = clinic(reading)
    closed = reading.rows(reading.select(closures))
    return Opening(
        zone=ZoneInfo(where["time_zone"]),
        weekly=where["hours"],
        closures=tuple(Closure(**row) for row in closed),
    )


def _taken(reading: Reading, wish: Wish) -> list[Busy]:
    """What is taken in the clinic within a horizon: one query, whatever is asked."""
    rows = reading.connection.execute(
        reading.select(
            claims, claims.c.resource_id, claims.c.starts_at, claims.c.ends_at
        ).where(
            claims.c.active,
            claims.c.starts_at < wish.ends_at,
            claims.c.ends_at > wish.begins_at,
        )
    )
    return [Busy(who, starts_at, ends_at) for who, starts_at, ends_at in rows]


def open_integrations(reading: Reading) -> list[Row]:
    """Integrations that want an appointment, the most urgent first."""
    return reading.rows(
        reading.select(integration_needs)
        .where(integration_needs.c.status == "open")
        .order_by(integration_needs.c.due_at)
    )


def overlaps(reading: Reading) -> list[Row]:
    """Pairs of active claims that overlap on one resource; there must never be any."""
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
    )


def pack_at_hand(reading: Reading, at: datetime) -> RulePack:
    """The pack the clinic that is read for goes by at a moment, as far as known."""
    return packs.at_hand(reading.connection, reading.context.clinic_id, at)


def facts_of(reading: Reading, patient_id: UUID) -> list[Fact]:
    """The readiness facts known of a patient.

    Raises:
        NotFoundError: nothing is read for a clinic.
    """
    where = clinic(reading)
    return facts.of(patient_id, reading.connection, where["id"])


def _with_claims(reading: Reading, rows: list[Row]) -> list[Row]:
    """Appointments with their resources, in one more query however many there are."""
    if not rows:
        return []
    held = reading.rows(
        reading.select(
            claims,
            claims.c.appointment_id,
            claims.c.resource_id,
            claims.c.kind,
            resources.c.name,
        )
        .outerjoin(resources, resources.c.id == claims.c.resource_id)
        .where(claims.c.appointment_id.in_([row["id"] for row in rows]))
        .where(claims.c.kind != "patient")
        .order_by(claims.c.kind)
    )
    return [
        {
            **row,
            "resources": [item for item in held if item["appointment_id"] == row["id"]],
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
