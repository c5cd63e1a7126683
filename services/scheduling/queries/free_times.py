"""Free times, in one clinic or several: as many queries whatever is asked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, or_, select

from services.scheduling.domain import (
    LONGEST,
    STEP,
    Absence,
    AppointmentMode,
    AppointmentStatus,
    AppointmentType,
    Busy,
    Closure,
    Duty,
    Offer,
    Opening,
    ResourceKind,
    Shift,
    Span,
    Window,
    Wish,
    offers,
)
from services.scheduling.models import (
    absences,
    appointments,
    claims,
    clinics,
    closures,
    licences,
    packs,
    resources,
)
from services.scheduling.models.calendar import busy_times
from services.scheduling.queries.clinics import clinic
from shared.reading import Reading, Row
from shared.rulepack import Appointments

LONGEST_CLAIM = 2 * LONGEST
"""What began longer ago before a window does not reach into it, turnover and all."""


@dataclass(kw_only=True)
class Place:
    """A clinic with all that decides when something is free there."""

    row: Row
    rules: Appointments
    closed: list[Closure] = field(default_factory=list)
    resources: list[Row] = field(default_factory=list)
    absences: dict[UUID, list[Absence]] = field(
        default_factory=lambda: defaultdict(list)
    )
    licences: dict[UUID, dict[str, Any]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    taken: list[Busy] = field(default_factory=list)

    @property
    def opening(self) -> Opening:
        """When it is open."""
        return Opening(
            zone=ZoneInfo(self.row["time_zone"]),
            weekly=self.row["hours"],
            closures=tuple(self.closed),
        )

    def duty(self, row: Row, *, is_dose: bool) -> Duty:
        """When one of its resources can be had."""
        shifts, required = row["roster"], self.rules.required_licences(row["kind"])
        return Duty(
            zone=self.opening.zone,
            shifts=None if shifts is None else [Shift.kept(one) for one in shifts],
            absences=self.absences[row["id"]],
            licences=self.licences[row["id"]],
            required=required if is_dose else (),
        )


def free_times(reading: Reading, asked: Row, now: datetime) -> list[Row]:
    """The earliest times at which a patient and everything needed are free.

    Raises:
        NotFoundError: nothing is read for a clinic.
        InvalidError: the rule pack knows no such appointment.
    """
    here = [clinic(reading)["id"]]
    return [time for _, times in _look(reading, here, asked, now) for time in times]


def free_in_network(
    reading: Reading, ids: Iterable[UUID] | None, asked: Row, now: datetime
) -> list[Row]:
    """The earliest times in each of some clinics, or in all, by the clinic's name.

    Raises:
        InvalidError: the rule pack of one knows no such appointment.
    """
    return [
        {
            "clinic_id": place.row["id"],
            "clinic_name": place.row["name"],
            "time_zone": place.row["time_zone"],
            "times": times,
        }
        for place, times in _look(reading, ids, asked, now)
    ]


def _look(
    reading: Reading, ids: Iterable[UUID] | None, asked: Row, now: datetime
) -> list[tuple[Place, list[Row]]]:
    """Each clinic with the earliest times that are free there."""
    begins_at = max(asked["from_"] or now, now)
    ends_at = begins_at + timedelta(days=asked["days"])
    places = _places(reading, None if ids is None else list(ids), now)
    span = Span(starts_at=begins_at, ends_at=ends_at)
    _fill(reading, places, asked["patient_id"], span, now)
    return [
        (place, _times(place, asked, begins_at, ends_at)) for place in places.values()
    ]


def _times(
    place: Place, asked: Row, begins_at: datetime, ends_at: datetime
) -> list[Row]:
    found = offers_in(place, asked, begins_at, ends_at)
    return [
        {
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            **{f"{kind}_id": who for kind, who in one.resources.items()},
        }
        for one in islice(found, asked["limit"])
    ]


def offers_in(
    place: Place, asked: Row, begins_at: datetime, ends_at: datetime
) -> Iterator[Offer]:
    """The times that are free in a clinic between two instants, the earliest first.

    Raises:
        InvalidError: the rule pack knows no such appointment.
    """
    kind: AppointmentType = asked["type"]
    lasts = place.rules.lasts(kind.value, asked["route"])
    wish = Wish(
        begins_at=begins_at,
        ends_at=ends_at,
        duration=lasts,
        opening=place.opening,
        opens=asked["opens"],
        closes=asked["closes"],
        weekdays=frozenset(asked["weekdays"]),
        parts=place.rules.parts(
            kind.value,
            lasts=lasts,
            route=asked["route"],
            is_by_video=asked["mode"] is AppointmentMode.TELEHEALTH,
        ),
    )
    of_kind: dict[ResourceKind, list[UUID]] = {one: [] for one in wish.parts}
    on_duty: dict[UUID, Sequence[Window]] = {}
    for row in place.resources:
        id_, own = row["id"], row["kind"]
        if own in of_kind and asked.get(f"{own}_id") in (None, id_):
            of_kind[own].append(id_)
            duty = place.duty(row, is_dose=kind is AppointmentType.DOSING)
            # The last step may end a little after the horizon.
            on_duty[id_] = duty.windows(begins_at, ends_at + STEP)
    return offers(wish, of_kind, asked["patient_id"], place.taken, on_duty)


def place_of(
    reading: Reading,
    patient_id: UUID,
    span: Span,
    now: datetime,
    *,
    but_for: Collection[UUID] = (),
) -> Place:
    """The clinic that is read for, with what is taken there for a while.

    What the appointments `but_for` hold counts as free.

    Raises:
        NotFoundError: nothing is read for a clinic.
    """
    places = _places(reading, [clinic(reading)["id"]], now)
    _fill(reading, places, patient_id, span, now, but_for)
    return next(iter(places.values()))


def _places(
    reading: Reading, ids: list[UUID] | None, now: datetime
) -> dict[UUID, Place]:
    digest = packs.digest_at_hand(clinics.c.id).label("digest")
    query = select(clinics, digest).order_by(clinics.c.name).params(at=now)
    if ids is not None:
        query = query.where(clinics.c.id.in_(ids))
    return {
        row["id"]: Place(
            row=row, rules=packs.read(row["digest"], reading.connection).appointments
        )
        for row in reading.rows(query)
    }


def _fill(
    reading: Reading,
    places: dict[UUID, Place],
    patient_id: UUID | None,
    span: Span,
    now: datetime,
    but_for: Collection[UUID] = (),
) -> None:
    """Put into each clinic what is known of it: a query for each kind of thing.

    Every one of them names the clinics: a reading for the network reaches them all.
    """

    def of(query: Select[Any], clinic_id: ColumnElement[UUID]) -> Select[Any]:
        return query.where(clinic_id.in_(list(places)))

    for row in reading.rows(of(select(closures), closures.c.clinic_id)):
        places[row["clinic_id"]].closed.append(Closure(**row))
    in_use = select(
        resources.c.id, resources.c.clinic_id, resources.c.kind, resources.c.roster
    ).where(resources.c.retired_at.is_(None))
    in_order = of(in_use, resources.c.clinic_id).order_by(resources.c.id)
    for row in reading.rows(in_order):
        places[row["clinic_id"]].resources.append(row)
    away = select(absences).where(
        absences.c.begins_at < span.ends_at,
        or_(absences.c.over_at.is_(None), absences.c.over_at > span.starts_at),
    )
    for row in reading.rows(of(away, absences.c.clinic_id)):
        places[row["clinic_id"]].absences[row["resource_id"]].append(Absence(**row))
    held = select(
        licences.c.clinic_id,
        licences.c.resource_id,
        licences.c.code,
        licences.c.valid_until,
    )
    for row in reading.rows(of(held, licences.c.clinic_id)):
        by_code = places[row["clinic_id"]].licences[row["resource_id"]]
        by_code[row["code"]] = row["valid_until"]
    _fill_taken(reading, places, patient_id, span, now, but_for)


def _fill_taken(
    reading: Reading,
    places: dict[UUID, Place],
    patient_id: UUID | None,
    span: Span,
    now: datetime,
    but_for: Collection[UUID],
) -> None:
    """Put into each clinic what is taken there; the patient, wherever that is."""
    who = claims.c.resource_id
    over = select(appointments.c.id).where(
        appointments.c.clinic_id.in_(list(places)),
        appointments.c.status == AppointmentStatus.HELD,
        appointments.c.expires_at <= now,
    )
    taken = select(claims.c.clinic_id, who, claims.c.starts_at, claims.c.ends_at).where(
        claims.c.clinic_id.in_(list(places)),
        claims.c.active,
        claims.c.starts_at < span.ends_at,
        claims.c.starts_at > span.starts_at - LONGEST_CLAIM,
        claims.c.ends_at > span.starts_at,
        or_(claims.c.kind != "patient", who == patient_id),
        claims.c.appointment_id.not_in(but_for),
        claims.c.appointment_id.not_in(over),
    )
    # There may be thousands: they are read one by one, and nothing in them is sealed.
    for clinic_id, who_is, starts_at, ends_at in reading.connection.execute(taken):
        busy = Busy(who_is, starts_at, ends_at)
        if who_is != patient_id:
            places[clinic_id].taken.append(busy)
            continue
        # Who is at one clinic is not free at any other.
        for place in places.values():
            place.taken.append(busy)
    elsewhere = select(busy_times).where(
        busy_times.c.clinic_id.in_(list(places)),
        busy_times.c.starts_at < span.ends_at,
        busy_times.c.ends_at > span.starts_at,
    )
    for row in reading.rows(elsewhere):
        busy = Busy(row["resource_id"], row["starts_at"], row["ends_at"])
        places[row["clinic_id"]].taken.append(busy)
