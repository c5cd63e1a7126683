"""Routes of appointments: booked, moved, called off, and shown."""

from typing import Any
from uuid import UUID

from services.scheduling import queries
from services.scheduling.api.alternatives import other_times
from services.scheduling.api.base import routes
from services.scheduling.commands import (
    BookAppointment,
    CancelAppointment,
    MoveAppointment,
)
from services.scheduling.domain import Appointment
from services.scheduling.handlers import appointment, moving
from services.scheduling.handlers.readiness import readiness_of
from services.scheduling.schemas import appointments, readiness
from shared import access
from shared.facts import readiness_view
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

_appointment = appointments.AppointmentView()


@routes.post(
    "/appointments",
    scope=access.BOOKINGS_WRITE,
    takes=appointments.BookAppointmentBody(),
    gives=_appointment,
    status=201,
    explain=other_times,
)
def book_appointment(uow: UnitOfWork, body: dict[str, Any]) -> Appointment:
    """Hold a room, staff and the patient for a time."""
    return appointment.book_appointment(BookAppointment(**body), uow)


@routes.post(
    "/appointments/overbook",
    scope=access.BOOKINGS_OVERBOOK,
    takes=appointments.OverbookBody(),
    gives=_appointment,
    status=201,
)
def overbook_appointment(uow: UnitOfWork, body: dict[str, Any]) -> Appointment:
    """Book though a room or somebody is taken or not there, or the clinic closed.

    The patient must be free, ready and far enough from another dose all the same.
    """
    return appointment.book_appointment(BookAppointment(**body), uow)


@routes.get(
    "/appointments/<uuid:appointment_id>/overbooking",
    scope=access.BOOKINGS_READ,
    gives=appointments.OverbookingView(),
)
def show_overbooking(reading: Reading, appointment_id: UUID) -> Any:
    """Who overruled that an appointment does not fit, and why."""
    return queries.overbooking(reading, appointment_id)


@routes.get(
    "/appointments/<uuid:appointment_id>",
    scope=access.BOOKINGS_READ,
    gives=_appointment,
)
def show_appointment(reading: Reading, appointment_id: UUID) -> Any:
    """One appointment."""
    return queries.appointment(reading, appointment_id)


@routes.post(
    "/appointments/<uuid:appointment_id>/move",
    scope=access.BOOKINGS_WRITE,
    takes=appointments.MoveBody(),
    gives=_appointment,
    status=201,
    explain=other_times,
)
def move_appointment(
    uow: UnitOfWork, body: dict[str, Any], appointment_id: UUID
) -> Appointment:
    """Hold another time and give the old one back, in one step; gives the new one."""
    return moving.move_appointment(
        MoveAppointment(appointment_id=appointment_id, **body), uow
    )


@routes.post(
    "/appointments/<uuid:appointment_id>/move/overbook",
    scope=access.BOOKINGS_OVERBOOK,
    takes=appointments.OverbookMoveBody(),
    gives=_appointment,
    status=201,
)
def overbook_move(
    uow: UnitOfWork, body: dict[str, Any], appointment_id: UUID
) -> Appointment:
    """Move though a room or somebody is taken or not there, or the clinic closed."""
    return moving.move_appointment(
        MoveAppointment(appointment_id=appointment_id, **body), uow
    )


@routes.post(
    "/appointments/<uuid:appointment_id>/cancel",
    scope=access.BOOKINGS_WRITE,
    takes=appointments.CancelBody(),
    gives=_appointment,
)
def cancel_appointment(
    uow: UnitOfWork, body: dict[str, Any], appointment_id: UUID
) -> Appointment:
    """Call an appointment off."""
    return appointment.cancel_appointment(
        CancelAppointment(appointment_id=appointment_id, **body), uow
    )


@routes.get(
    "/day",
    scope=access.BOOKINGS_READ,
    query=appointments.DayQuery(),
    gives=appointments.DayView(),
)
def show_day(reading: Reading, query: dict[str, Any]) -> Any:
    """The clinic's day by its own clock, or up to a week from it on."""
    now = current_runtime().clock()
    return queries.day(reading, query["date"], now, query["days"])


@routes.get(
    "/patients/<uuid:patient_id>/appointments",
    scope=access.OWN_BOOKINGS_READ,
    gives=appointments.AppointmentsView(),
)
def list_appointments(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """A patient's appointments."""
    return {"items": queries.of_patient(reading, patient_id)}


@routes.get(
    "/patients/<uuid:patient_id>/readiness",
    scope=access.BOOKINGS_READ,
    query=readiness.ReadinessQuery(),
    gives=readiness.ReadinessView(),
)
def show_readiness(
    reading: Reading, query: dict[str, Any], patient_id: UUID
) -> dict[str, Any]:
    """Whether a dose could be booked, and what speaks against it."""
    at = query["at"] or current_runtime().clock()
    gate = query["gate"]
    known = queries.facts_of(reading, patient_id)
    pack = queries.pack_at_hand(reading, at)
    return readiness_view(readiness_of(gate, at, known, pack), gate=gate, at=at)


@routes.get(
    "/integrations", scope=access.BOOKINGS_READ, gives=appointments.IntegrationsView()
)
def list_integrations(reading: Reading) -> dict[str, Any]:
    """Integrations that want an appointment."""
    return {"items": queries.open_integrations(reading)}


@routes.get("/overlaps", scope=access.BOOKINGS_READ, gives=appointments.OverlapsView())
def list_overlaps(reading: Reading) -> dict[str, Any]:
    """Claims that overlap: a check that the database kept its promise."""
    return {"items": queries.overlaps(reading)}
