"""What an appointment holds: who and what, each for its part of the time, if it can."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select

from services.scheduling.commands import BookAppointment
from services.scheduling.domain import (
    Absence,
    Appointment,
    AppointmentMode,
    AppointmentType,
    Claim,
    Duty,
    Licence,
    Opening,
    Resource,
    ResourceKind,
)
from services.scheduling.models import absences, licences, overbookings, resources
from shared.errors import InvalidError, NotFoundError
from shared.ids import uuid7
from shared.rulepack import Appointments, Part
from shared.unit_of_work import UnitOfWork


class Held(NamedTuple):
    """Something that is held, and for how long."""

    kind: ResourceKind
    id: UUID
    part: Part


def claims_of(
    appointment: Appointment,
    command: BookAppointment,
    rules: Appointments,
    opening: Opening,
    uow: UnitOfWork,
) -> list[Claim]:
    """A claim for each thing an appointment holds, and one for the patient.

    Raises:
        InvalidError: something that is needed is not named.
        NotFoundError: there is no such thing in this clinic.
        RetiredError, LicenceMissingError, LicenceExpiredError, OffDutyError: it cannot
            be had then; that somebody is off duty is overruled by overbooking.
    """
    held = _held(appointment, command.wanted, rules)
    is_overbooked = command.overbook_reason is not None
    known = {one.id: one for one in _resources((one.id for one in held), uow)}
    duties = _duties(known, appointment, rules, opening, uow)
    for kind, id_, part in held:
        field, ends_at = f"{kind}_id", appointment.starts_at + part.uses
        if id_ not in known or known[id_].kind is not kind:
            raise NotFoundError(f"there is no such {kind} in this clinic")
        known[id_].demand_in_use(field=field)
        duties[id_].demand_licensed(ends_at, field=field)
        if not is_overbooked:
            duties[id_].demand_on_duty(appointment.starts_at, ends_at, field=field)
    lasts = appointment.ends_at - appointment.starts_at
    claims = [_claim(appointment, "patient", appointment.patient_id, lasts)]
    for kind, id_, part in held:
        claim = _claim(appointment, kind.value, id_, part.holds)
        claim.overbooked = is_overbooked
        claims.append(claim)
    # Claims are taken in one order everywhere, so that two bookings cannot deadlock.
    return sorted(claims, key=lambda claim: claim.resource_id)


def note_overbooking(appointment: Appointment, reason: str, uow: UnitOfWork) -> None:
    """Keep who overruled that an appointment does not fit, and why."""
    uow.insert(
        overbookings,
        appointment_id=appointment.id,
        clinic_id=appointment.clinic_id,
        patient_id=appointment.patient_id,
        overbooked_by=uow.actor_id,
        overbooked_at=uow.now,
        reason=reason,
    )


def _held(
    appointment: Appointment,
    wanted: Mapping[ResourceKind, UUID],
    rules: Appointments,
) -> list[Held]:
    """What is to be held: what it needs for as long as it does, the rest throughout.

    Raises:
        InvalidError: something that is needed is not named.
    """
    lasts = appointment.ends_at - appointment.starts_at
    parts = rules.parts(
        appointment.type.value,
        lasts=lasts,
        route=appointment.route,
        is_by_video=appointment.mode is AppointmentMode.TELEHEALTH,
    )
    for kind in parts:
        if kind not in wanted:
            raise InvalidError("this appointment needs one", field=f"{kind}_id")
    whole = Part(uses=lasts, holds=lasts)
    return [Held(kind, id_, parts.get(kind, whole)) for kind, id_ in wanted.items()]


def _claim(
    appointment: Appointment, kind: str, resource_id: UUID, holds: timedelta
) -> Claim:
    return Claim(
        id=uuid7(),
        appointment_id=appointment.id,
        clinic_id=appointment.clinic_id,
        resource_id=resource_id,
        kind=kind,
        starts_at=appointment.starts_at,
        ends_at=appointment.starts_at + holds,
    )


def _resources(ids: Iterable[UUID], uow: UnitOfWork) -> list[Resource]:
    return uow.all(select(Resource).where(resources.c.id.in_(list(ids))))


def _duties(
    known: Mapping[UUID, Resource],
    appointment: Appointment,
    rules: Appointments,
    opening: Opening,
    uow: UnitOfWork,
) -> Mapping[UUID, Duty]:
    """When each can be had: two queries, however many they are."""
    away: dict[UUID, list[Absence]] = defaultdict(list)
    touching = select(Absence).where(
        absences.c.resource_id.in_(list(known)),
        absences.c.begins_at < appointment.ends_at,
        or_(absences.c.over_at.is_(None), absences.c.over_at > appointment.starts_at),
    )
    for absence in uow.db.scalars(touching):
        away[absence.resource_id].append(absence)
    held: dict[UUID, list[Licence]] = defaultdict(list)
    is_dose = appointment.type is AppointmentType.DOSING
    if is_dose and rules.licences:
        of_them = select(Licence).where(licences.c.resource_id.in_(list(known)))
        for licence in uow.db.scalars(of_them):
            held[licence.resource_id].append(licence)
    return {
        id_: Duty(
            zone=opening.zone,
            shifts=resource.shifts,
            absences=away[id_],
            licences={one.code: one.valid_until for one in held[id_]},
            required=rules.required_licences(resource.kind) if is_dose else (),
        )
        for id_, resource in known.items()
    }
