"""Routes of what can be booked: rooms, devices and staff."""

from typing import Any
from uuid import UUID

from services.scheduling import queries
from services.scheduling.api.base import routes
from services.scheduling.commands import (
    AddAbsence,
    AddResource,
    ChangeResource,
    HoldLicence,
    SetRoster,
)
from services.scheduling.domain import Absence, Licence, Resource
from services.scheduling.handlers import resources as handlers
from services.scheduling.schemas import appointments, resources
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.post(
    "/resources",
    scope=access.CLINIC_MANAGE,
    takes=resources.AddResourceBody(),
    gives=resources.ResourceView(),
    status=201,
)
def add_resource(uow: UnitOfWork, body: dict[str, Any]) -> Resource:
    """A room, a device or a member of staff can be booked."""
    return handlers.add_resource(AddResource(**body), uow)


@routes.get(
    "/resources",
    scope=access.CLINIC_READ,
    query=resources.ResourcesQuery(),
    gives=resources.ResourcesView(),
)
def list_resources(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """What can be booked."""
    now, retired = current_runtime().clock(), query["retired"]
    return {"items": queries.all_resources(reading, now, with_retired=retired)}


@routes.get(
    "/resources/<uuid:resource_id>",
    scope=access.CLINIC_MANAGE,
    gives=resources.WholeResourceView(),
)
def show_resource(reading: Reading, resource_id: UUID) -> Any:
    """All that is known of one: when it works, is away, and which licences it holds."""
    return queries.resource(reading, resource_id, current_runtime().clock())


@routes.put(
    "/resources/<uuid:resource_id>",
    scope=access.CLINIC_MANAGE,
    takes=resources.ChangeResourceBody(),
    gives=resources.ResourceView(),
)
def change_resource(
    uow: UnitOfWork, body: dict[str, Any], resource_id: UUID
) -> Resource:
    """It is called something else, or is another person's."""
    command = ChangeResource(resource_id=resource_id, **body)
    return handlers.change_resource(command, uow)


@routes.post(
    "/resources/<uuid:resource_id>/retire",
    scope=access.CLINIC_MANAGE,
    gives=resources.ResourceView(),
)
def retire_resource(uow: UnitOfWork, resource_id: UUID) -> Resource:
    """Nothing more is booked on it; what is booked already stays."""
    return handlers.retire_resource(resource_id, uow)


@routes.get(
    "/resources/<uuid:resource_id>/appointments",
    scope=access.BOOKINGS_READ,
    gives=appointments.AppointmentsView(),
)
def list_resource_appointments(reading: Reading, resource_id: UUID) -> dict[str, Any]:
    """What is booked on it and not over, also once it is retired."""
    now = current_runtime().clock()
    return {"items": queries.booked_on(reading, resource_id, now)}


@routes.put(
    "/resources/<uuid:resource_id>/roster",
    scope=access.CLINIC_MANAGE,
    takes=resources.RosterBody(),
    gives=resources.RosterView(),
)
def set_roster(uow: UnitOfWork, body: dict[str, Any], resource_id: UUID) -> Resource:
    """Say when it works; what is booked outside of that stays."""
    return handlers.set_roster(SetRoster(resource_id=resource_id, **body), uow)


@routes.post(
    "/resources/<uuid:resource_id>/absences",
    scope=access.CLINIC_MANAGE,
    takes=resources.AbsenceBody(),
    gives=resources.AbsenceView(),
    status=201,
)
def add_absence(uow: UnitOfWork, body: dict[str, Any], resource_id: UUID) -> Absence:
    """Say when somebody cannot be had; what is booked then stays."""
    return handlers.add_absence(AddAbsence(resource_id=resource_id, **body), uow)


@routes.delete(
    "/resources/<uuid:resource_id>/absences/<uuid:absence_id>",
    scope=access.CLINIC_MANAGE,
    gives=resources.AbsenceView(),
)
def remove_absence(uow: UnitOfWork, resource_id: UUID, absence_id: UUID) -> Absence:
    """Somebody can be had after all."""
    return handlers.remove_absence(resource_id, absence_id, uow)


@routes.post(
    "/resources/<uuid:resource_id>/licences",
    scope=access.CLINIC_MANAGE,
    takes=resources.LicenceBody(),
    gives=resources.NumberedLicenceView(),
    status=201,
)
def hold_licence(uow: UnitOfWork, body: dict[str, Any], resource_id: UUID) -> Licence:
    """Note a licence and its last day; one of the same code is renewed."""
    return handlers.hold_licence(HoldLicence(resource_id=resource_id, **body), uow)


@routes.delete(
    "/resources/<uuid:resource_id>/licences/<uuid:licence_id>",
    scope=access.CLINIC_MANAGE,
    gives=resources.NumberedLicenceView(),
)
def remove_licence(uow: UnitOfWork, resource_id: UUID, licence_id: UUID) -> Licence:
    """Somebody does not hold a licence any more."""
    return handlers.remove_licence(resource_id, licence_id, uow)
