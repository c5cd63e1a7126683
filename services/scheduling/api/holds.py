"""Routes of times that are held for a while."""

from typing import Any
from uuid import UUID

from services.scheduling.api.alternatives import other_times
from services.scheduling.api.base import routes
from services.scheduling.commands import BookAppointment
from services.scheduling.domain import Appointment
from services.scheduling.handlers import holding
from services.scheduling.schemas import appointments as schemas
from shared import access
from shared.unit_of_work import UnitOfWork

_appointment = schemas.AppointmentView()


@routes.post(
    "/holds",
    scope=access.BOOKINGS_WRITE,
    takes=schemas.HoldBody(),
    gives=_appointment,
    status=201,
    explain=other_times,
)
def hold_slot(uow: UnitOfWork, body: dict[str, Any]) -> Appointment:
    """Keep a time from others for some minutes, before it is booked."""
    return holding.hold_slot(BookAppointment(**body), uow)


@routes.post(
    "/holds/<uuid:appointment_id>/book",
    scope=access.BOOKINGS_WRITE,
    gives=_appointment,
)
def book_held(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    """Book what is held."""
    return holding.book_held(appointment_id, uow)


@routes.delete(
    "/holds/<uuid:appointment_id>", scope=access.BOOKINGS_WRITE, gives=_appointment
)
def give_back(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    """Give back what is held."""
    return holding.give_back(appointment_id, uow)
