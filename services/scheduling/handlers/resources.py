"""Rooms, devices and staff: their names, hours, absences and licences."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from services.scheduling.commands import (
    AddAbsence,
    AddResource,
    ChangeResource,
    HoldLicence,
    SetRoster,
)
from services.scheduling.domain import (
    MOST_ABSENCES,
    MOST_LICENCES,
    Absence,
    Clinic,
    Licence,
    Resource,
    Shift,
    TooManyError,
    first_time,
)
from services.scheduling.models import absences, licences
from shared.errors import NotFoundError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def add_resource(command: AddResource, uow: UnitOfWork) -> Resource:
    """A room, a device or a member of staff can be booked."""
    resource = Resource(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        kind=command.kind,
        name=command.name,
        person_id=command.person_id,
    )
    uow.publish(resource.add(), of=resource)
    return uow.add(resource)


def change_resource(command: ChangeResource, uow: UnitOfWork) -> Resource:
    """It has another name, or stands for somebody else."""
    resource = uow.get(Resource, command.resource_id)
    event = resource.change(name=command.name, person_id=command.person_id)
    uow.publish(event, of=resource)
    return resource


def retire_resource(resource_id: UUID, uow: UnitOfWork) -> Resource:
    """Nothing more is booked on it; what is booked already stays, for staff to move."""
    resource = uow.get(Resource, resource_id)
    uow.publish(resource.retire(at=uow.now), of=resource)
    return resource


def set_roster(command: SetRoster, uow: UnitOfWork) -> Resource:
    """It works at these times from now on; what is booked outside of them stays.

    Raises:
        InvalidError: a rule cannot be used.
    """
    resource = uow.get(Resource, command.resource_id)
    shifts = None
    if command.shifts is not None:
        shifts = [
            Shift.said(**one, field=f"shifts/{number}/rrule")
            for number, one in enumerate(command.shifts)
        ]
    uow.publish(resource.work(shifts), of=resource)
    return resource


def add_absence(command: AddAbsence, uow: UnitOfWork) -> Absence:
    """Somebody cannot be had then; what is booked already stays.

    Raises:
        InvalidError: the times do not fit.
        TooManyError: there are as many absences ahead as are kept.
    """
    resource = uow.get(Resource, command.resource_id)
    zone = ZoneInfo(uow.get(Clinic, uow.clinic_id).time_zone)
    first = first_time(
        instants=(command.begins_at, command.ends_at),
        days=(command.first_day, command.last_day),
        zone=zone,
    )
    absence = Absence(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        resource_id=resource.id,
        begins_at=first[0],
        ends_at=first[1],
        reason_code=command.reason_code,
        rrule=command.rrule,
    )
    absence.settle(zone)
    ahead = or_(absences.c.over_at.is_(None), absences.c.over_at > uow.now)
    known = select(func.count()).where(absences.c.resource_id == resource.id, ahead)
    if uow.connection.execute(known).scalar_one() >= MOST_ABSENCES:
        raise TooManyError
    uow.publish(resource.changed("absence"), of=resource)
    uow.db.add(absence)
    return absence


def remove_absence(resource_id: UUID, absence_id: UUID, uow: UnitOfWork) -> Absence:
    """Somebody can be had after all."""
    resource = uow.get(Resource, resource_id)
    query = select(Absence).where(absences.c.id == absence_id)
    absence = uow.db.scalar(query.where(absences.c.resource_id == resource.id))
    if absence is None:
        raise NotFoundError("there is no such absence")
    uow.publish(resource.changed("absence"), of=resource)
    uow.db.delete(absence)
    return absence


def hold_licence(command: HoldLicence, uow: UnitOfWork) -> Licence:
    """Somebody holds a licence; one of the same code is renewed."""
    resource = uow.get(Resource, command.resource_id)
    held = _licences_of(resource, uow)
    uow.publish(resource.changed("licence"), of=resource)
    if licence := held.get(command.code):
        licence.number, licence.valid_until = command.number, command.valid_until
        return licence
    if len(held) >= MOST_LICENCES:
        raise TooManyError
    licence = Licence(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        resource_id=resource.id,
        code=command.code,
        number=command.number,
        valid_until=command.valid_until,
    )
    uow.db.add(licence)
    return licence


def remove_licence(resource_id: UUID, licence_id: UUID, uow: UnitOfWork) -> Licence:
    """Somebody does not hold a licence any more."""
    resource = uow.get(Resource, resource_id)
    for licence in _licences_of(resource, uow).values():
        if licence.id == licence_id:
            uow.publish(resource.changed("licence"), of=resource)
            uow.db.delete(licence)
            return licence
    raise NotFoundError("there is no such licence")


def _licences_of(resource: Resource, uow: UnitOfWork) -> dict[str, Licence]:
    held = select(Licence).where(licences.c.resource_id == resource.id)
    return {one.code: one for one in uow.db.scalars(held)}
