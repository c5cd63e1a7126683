"""Routes of clinics: who they are and when they are open."""

from typing import Any
from uuid import UUID

from services.scheduling import queries
from services.scheduling.api.base import routes
from services.scheduling.commands import AddClosure, OnboardClinic
from services.scheduling.domain import Clinic, Closure
from services.scheduling.handlers import clinic
from services.scheduling.schemas import clinics
from shared import access
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.post(
    "/clinics",
    scope=access.CLINICS_MANAGE,
    takes=clinics.OnboardClinicBody(),
    gives=clinics.ClinicView(),
    status=201,
)
def onboard_clinic(uow: UnitOfWork, body: dict[str, Any]) -> Clinic:
    """A clinic joins the network."""
    return clinic.onboard_clinic(OnboardClinic(**body), uow)


@routes.get("/clinics", scope=access.CLINICS_LIST, gives=clinics.ClinicsView())
def list_clinics(reading: Reading) -> dict[str, Any]:
    """Every clinic of the network."""
    return {"items": queries.all_clinics(reading)}


@routes.get("", scope=access.CLINIC_READ, gives=clinics.ClinicView())
def show_clinic(reading: Reading) -> Any:
    """The clinic."""
    return queries.clinic(reading)


@routes.get("/hours", scope=access.CLINIC_READ, gives=clinics.HoursView())
def show_hours(reading: Reading) -> Any:
    """When the clinic is open, and when it is closed all the same."""
    return queries.hours(reading)


@routes.put(
    "/hours",
    scope=access.CLINIC_MANAGE,
    takes=clinics.HoursBody(),
    gives=clinics.OpenAtView(),
)
def set_hours(uow: UnitOfWork, body: dict[str, Any]) -> Clinic:
    """Say when the clinic is open; what is booked outside of it stays."""
    return clinic.set_hours(body["weekly"], uow)


@routes.post(
    "/closures",
    scope=access.CLINIC_MANAGE,
    takes=clinics.ClosureBody(),
    gives=clinics.ClosureView(),
    status=201,
)
def add_closure(uow: UnitOfWork, body: dict[str, Any]) -> Closure:
    """Say on which days the clinic is closed; what is booked then stays."""
    return clinic.add_closure(AddClosure(**body), uow)


@routes.delete(
    "/closures/<uuid:closure_id>",
    scope=access.CLINIC_MANAGE,
    gives=clinics.ClosureView(),
)
def remove_closure(uow: UnitOfWork, closure_id: UUID) -> Closure:
    """The clinic is open after all."""
    return clinic.remove_closure(closure_id, uow)
