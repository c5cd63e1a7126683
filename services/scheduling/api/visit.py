"""Routes of the day of treatment: who comes, with whom, and where they are."""

from typing import Any
from uuid import UUID

from services.scheduling import queries
from services.scheduling.api.base import routes
from services.scheduling.commands import ConfirmAppointment, NoteArrival
from services.scheduling.domain import Answers, Appointment
from services.scheduling.handlers import visit
from services.scheduling.schemas import visit as schemas
from services.scheduling.schemas.appointments import AppointmentView
from shared import access
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

_appointment = AppointmentView()
_ANSWERS = ("ate_at", "drank_at", "alcohol", "sedative", "new_medication")


@routes.post(
    "/appointments/<uuid:appointment_id>/escort",
    scope=access.BOOKINGS_WRITE,
    gives=_appointment,
)
def confirm_escort(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    """Somebody will take the patient home."""
    return visit.confirm_escort(appointment_id, uow)


@routes.delete(
    "/appointments/<uuid:appointment_id>/escort",
    scope=access.BOOKINGS_WRITE,
    gives=_appointment,
)
def withdraw_escort(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    """Nobody will take the patient home any more."""
    return visit.withdraw_escort(appointment_id, uow)


@routes.post(
    "/appointments/<uuid:appointment_id>/confirm",
    scope=access.BOOKINGS_WRITE,
    takes=schemas.ConfirmBody(),
    gives=_appointment,
)
def confirm_appointment(
    uow: UnitOfWork, body: dict[str, Any], appointment_id: UUID
) -> Appointment:
    """The patient will come; to a dose, with an escort and knowing about food."""
    return visit.confirm_appointment(
        ConfirmAppointment(appointment_id=appointment_id, **body), uow
    )


@routes.post(
    "/appointments/<uuid:appointment_id>/arrive",
    scope=access.ARRIVALS_WRITE,
    takes=schemas.ArrivalBody(),
    gives=_appointment,
)
def note_arrival(
    uow: UnitOfWork, body: dict[str, Any], appointment_id: UUID
) -> Appointment:
    """The patient is here."""
    answers = Answers(**{name: body.pop(name) for name in _ANSWERS})
    return visit.note_arrival(
        NoteArrival(appointment_id=appointment_id, answers=answers, **body), uow
    )


@routes.post(
    "/appointments/<uuid:appointment_id>/room",
    scope=access.ARRIVALS_WRITE,
    gives=_appointment,
)
def enter_room(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    """The patient is in the room."""
    return visit.enter_room(appointment_id, uow)


@routes.post(
    "/appointments/<uuid:appointment_id>/undo",
    scope=access.ARRIVALS_WRITE,
    takes=schemas.UndoBody(),
    gives=_appointment,
)
def undo_step(
    uow: UnitOfWork, body: dict[str, Any], appointment_id: UUID
) -> Appointment:
    """The patient is not in the room after all, or not here: for two minutes."""
    return visit.undo_step(appointment_id, body["reason_code"], uow)


@routes.post(
    "/appointments/<uuid:appointment_id>/no-show",
    scope=access.NO_SHOWS_WRITE,
    gives=_appointment,
)
def note_no_show(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    """The patient did not come."""
    return visit.note_no_show(appointment_id, uow)


@routes.get(
    "/appointments/<uuid:appointment_id>/visit",
    scope=access.VISITS_READ,
    gives=schemas.VisitView(),
)
def show_visit(reading: Reading, appointment_id: UUID) -> Any:
    """Who takes the patient home, what was answered, what speaks against a dose."""
    return queries.visit(reading, appointment_id)
