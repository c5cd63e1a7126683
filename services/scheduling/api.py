"""Scheduling's routes."""

from typing import Any
from uuid import UUID

from services.scheduling import queries, schemas
from services.scheduling.commands import (
    AddClosure,
    AddResource,
    BookAppointment,
    CancelAppointment,
    MoveAppointment,
    NoteArrival,
    OnboardClinic,
)
from services.scheduling.domain import Appointment, Clinic, Closure, Resource
from services.scheduling.handlers import appointment, clinic, moving
from services.scheduling.handlers.readiness import readiness_of
from shared import access
from shared.facts import readiness_view
from shared.http import Routes
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

routes = Routes("scheduling", "Clinics, rooms, people and time")


_appointment = schemas.AppointmentView()


@routes.post(
    "/clinics",
    scope=access.CLINICS_MANAGE,
    takes=schemas.OnboardClinicBody(),
    gives=schemas.ClinicView(),
    status=201,
)
def onboard_clinic(uow: UnitOfWork, body: dict[str, Any]) -> Clinic:
    """A clinic joins the network."""
    return clinic.onboard_clinic(OnboardClinic(**body), uow)


@routes.get("/clinics", scope=access.CLINICS_LIST, gives=schemas.ClinicsView())
def list_clinics(reading: Reading) -> dict[str, Any]:
    """Every clinic of the network."""
    return {"items": queries.all_clinics(reading)}


@routes.get("", scope=access.CLINIC_READ, gives=schemas.ClinicView())
def show_clinic(reading: Reading) -> Any:
    """The clinic."""
    return queries.clinic(reading)


@routes.post(
    "/resources",
    scope=access.CLINIC_MANAGE,
    takes=schemas.AddResourceBody(),
    gives=schemas.ResourceView(),
    status=201,
)
def add_resource(uow: UnitOfWork, body: dict[str, Any]) -> Resource:
    """A room or a member of staff can be booked."""
    return clinic.add_resource(AddResource(**body), uow)


@routes.get("/resources", scope=access.CLINIC_READ, gives=schemas.ResourcesView())
def list_resources(reading: Reading) -> dict[str, Any]:
    """What can be booked."""
    return {"items": queries.all_resources(reading)}


@routes.get("/hours", scope=access.CLINIC_READ, gives=schemas.HoursView())
def show_hours(reading: Reading) -> Any:
    """When the clinic is open, and when it is closed all the same."""
    return queries.hours(reading)


@routes.put(
    "/hours",
    scope=access.CLINIC_MANAGE,
    takes=schemas.HoursBody(),
    gives=schemas.OpenAtView(),
)
def set_hours(uow: UnitOfWork, body: dict[str, Any]) -> Clinic:
    """Say when the clinic is open; what is booked outside of it stays."""
    return clinic.set_hours(body["weekly"], uow)


@routes.post(
    "/closures",
    scope=access.CLINIC_MANAGE,
    takes=schemas.ClosureBody(),
    gives=schemas.ClosureView(),
    status=201,
)
def add_closure(uow: UnitOfWork, body: dict[str, Any]) -> Closure:
    """Say on which days the clinic is closed; what is booked then stays."""
    return clinic.add_closure(AddClosure(**body), uow)


@routes.delete(
    "/closures/<uuid:closure_id>",
    scope=access.CLINIC_MANAGE,
    gives=schemas.ClosureView(),
)
def remove_closure(uow: UnitOfWork, closure_id: UUID) -> Closure:
    """The clinic is open after all."""
    return clinic.remove_closure(closure_id, uow)


@routes.post(
    "/appointments",
    scope=access.BOOKINGS_WRITE,
    takes=schemas.BookAppointmentBody(),
    gives=_appointment,
    status=201,
)
def book_appointment(uow: UnitOfWork, body: dict[str, Any]) -> Appointment:
    """Hold a room, staff and the patient for a time."""
    return appointment.book_appointment(BookAppointment(**body), uow)


@routes.get(
    "/appointments/<uuid:appointment_id>",
    scope=access.BOOKINGS_READ,
    gives=_appointment,
)
def show_appointment(reading: Reading, appointment_id: UUID) -> Any:
    """One appointment."""
    return queries.appointment(reading, appointment_id)


@routes.post(
    "/appointments/<uuid:appointment_id>/escort",
    scope=access.BOOKINGS_WRITE,
    gives=_appointment,
)
def confirm_escort(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    """Somebody will take the patient home."""
    return appointment.confirm_escort(appointment_id, uow)


@routes.delete(
    "/appointments/<uuid:appointment_id>/escort",
    scope=access.BOOKINGS_WRITE,
    gives=_appointment,
)
def withdraw_escort(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    """Nobody will take the patient home any more."""
    return appointment.withdraw_escort(appointment_id, uow)


@routes.post(
    "/appointments/<uuid:appointment_id>/move",
    scope=access.BOOKINGS_WRITE,
    takes=schemas.MoveBody(),
    gives=_appointment,
    status=201,
)
def move_appointment(
    uow: UnitOfWork, body: dict[str, Any], appointment_id: UUID
) -> Appointment:
    """Hold another time and give the old one back, in one step; gives the new one."""
    return moving.move_appointment(
        MoveAppointment(appointment_id=appointment_id, **body), uow
    )


@routes.get(
    "/free-times",
    scope=access.BOOKINGS_READ,
    query=schemas.FreeTimesQuery(),
    gives=schemas.FreeTimesView(),
)
def list_free_times(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """When a patient, a room and staff are free, the earliest first."""
    now = current_runtime().clock()
    return {"items": queries.free_times(reading, query, now)}


@routes.post(
    "/appointments/<uuid:appointment_id>/cancel",
    scope=access.BOOKINGS_WRITE,
    takes=schemas.CancelBody(),
    gives=_appointment,
)
def cancel_appointment(
    uow: UnitOfWork, body: dict[str, Any], appointment_id: UUID
) -> Appointment:
    """Call an appointment off."""
    return appointment.cancel_appointment(
        CancelAppointment(appointment_id=appointment_id, **body), uow
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
    return appointment.note_arrival(
        NoteArrival(appointment_id=appointment_id, **body), uow
    )


@routes.post(
    "/appointments/<uuid:appointment_id>/no-show",
    scope=access.NO_SHOWS_WRITE,
    gives=_appointment,
)
def note_no_show(uow: UnitOfWork, appointment_id: UUID) -> Appointment:
    """The patient did not come."""
    return appointment.note_no_show(appointment_id, uow)


@routes.get(
    "/day",
    scope=access.BOOKINGS_READ,
    query=schemas.DayQuery(),
    gives=schemas.DayView(),
)
def show_day(reading: Reading, query: dict[str, Any]) -> Any:
    """The clinic's day, by its own clock."""
    return queries.day(reading, query["date"], current_runtime().clock())


@routes.get(
    "/patients/<uuid:patient_id>/appointments",
    scope=access.OWN_BOOKINGS_READ,
    gives=schemas.AppointmentsView(),
)
def list_appointments(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """A patient's appointments."""
    return {"items": queries.of_patient(reading, patient_id)}


@routes.get(
    "/patients/<uuid:patient_id>/readiness",
    scope=access.BOOKINGS_READ,
    query=schemas.ReadinessQuery(),
    gives=schemas.ReadinessView(),
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
    "/integrations", scope=access.BOOKINGS_READ, gives=schemas.IntegrationsView()
)
def list_integrations(reading: Reading) -> dict[str, Any]:
    """Integrations that want an appointment."""
    return {"items": queries.open_integrations(reading)}


@routes.get("/overlaps", scope=access.BOOKINGS_READ, gives=schemas.OverlapsView())
def list_overlaps(reading: Reading) -> dict[str, Any]:
    """Claims that overlap: a check that the database kept its promise."""
    return {"items": queries.overlaps(reading)}
