"""Times that are held for a while: kept from others, then booked or given back."""

from datetime import datetime
from uuid import UUID

from services.scheduling.commands import BookAppointment
from services.scheduling.domain import (
    Appointment,
    AppointmentType,
    WaitlistEntry,
)
from services.scheduling.handlers.appointment import demand_ready, plan
from services.scheduling.handlers.freeing import EXPIRE, end_hold
from services.scheduling.handlers.readiness import hold, watch
from services.scheduling.models import packs
from shared.unit_of_work import UnitOfWork


def hold_slot(command: BookAppointment, uow: UnitOfWork) -> Appointment:
    """Keep a time from others while somebody makes up their mind.

    Raises:
        NotReadyError and others: as for a booking; see `plan`.
    """
    return keep(plan(command, uow), uow.now + packs.of(uow).booking.hold_for, uow)


def keep(appointment: Appointment, until: datetime, uow: UnitOfWork) -> Appointment:
    """Hold what was planned until a time."""
    uow.publish(appointment.hold(until), of=appointment)
    uow.remind(EXPIRE, about=appointment.id, at=until)
    return uow.add(appointment)


def book_held(appointment_id: UUID, uow: UnitOfWork) -> Appointment:
    """Book what is held: for who waited for it, that is to accept the offer.

    Raises:
        WrongStateError: it is booked already, or was given back.
        HoldExpiredError: it was not held any longer.
        NotReadyError: a dose, and a fact it rests on does not hold any more.
    """
    appointment = uow.get(Appointment, appointment_id)
    event = appointment.book_held(at=uow.now)
    if appointment.type is AppointmentType.DOSING:
        hold(appointment.patient_id, uow)
        demand_ready(appointment.patient_id, appointment.starts_at, uow)
    uow.publish(event, of=appointment)
    uow.forget(EXPIRE, about=appointment.id)
    watch(appointment, uow)
    if appointment.waitlist_entry_id:
        entry = uow.get(WaitlistEntry, appointment.waitlist_entry_id)
        uow.publish(entry.accept(), of=entry)
    return appointment


def give_back(appointment_id: UUID, uow: UnitOfWork) -> Appointment:
    """What is held is not wanted; for who waited for it, that is to decline."""
    appointment = uow.get(Appointment, appointment_id)
    end_hold(appointment, "not_wanted", uow)
    return appointment
