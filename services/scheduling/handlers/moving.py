"""An appointment is moved: the new time is held and the old one free in one commit."""

from datetime import timedelta

from services.scheduling.commands import BookAppointment, MoveAppointment
from services.scheduling.domain import (
    Appointment,
    AppointmentType,
    ResourceKind,
    Visit,
)
from services.scheduling.handlers.appointment import book_appointment
from services.scheduling.handlers.following import follow_move
from services.scheduling.handlers.freeing import let_go
from services.scheduling.handlers.readiness import hold
from services.scheduling.handlers.visit import visit_of
from shared.unit_of_work import UnitOfWork

SAME_OCCASION = timedelta(hours=12)
"""Moved by less than this, an escort who was confirmed still is. Source: project
default."""


def move_appointment(command: MoveAppointment, uow: UnitOfWork) -> Appointment:
    """Hold another time for what was planned, and give the old one back.

    What is not named stays: the room, staff, and how long it lasts.

    Raises:
        WrongStateError: it is not ahead any more.
        NotReadyError, TooCloseError, OffDutyError and the others of a booking: at the
            new time.
        DoubleBookedError: something is taken; the database says so at the commit, and
            the old time is still held.
    """
    old = uow.get(Appointment, command.appointment_id)
    leave(old, uow)
    # Before the new claims are written: at no time may both be held.
    uow.flush()
    return take_place_of(old, command, uow)


def leave(old: Appointment, uow: UnitOfWork) -> None:
    """Give the time of an appointment back, for another to take its place.

    Raises:
        WrongStateError: it is not ahead any more.
    """
    if old.type is AppointmentType.DOSING:
        hold(old.patient_id, uow)
    old.give_way()
    let_go(old, uow)


def take_place_of(
    old: Appointment,
    command: MoveAppointment,
    uow: UnitOfWork,
    *,
    provisional: bool = False,
) -> Appointment:
    """Book another time in the place of an appointment that was left.

    Only what was provisional may be so again, unless `provisional` says that it may.

    Raises:
        ConflictError: see `move_appointment`.
    """
    lasts = old.ends_at - old.starts_at
    booked = book_appointment(
        BookAppointment(
            patient_id=old.patient_id,
            type=old.type,
            starts_at=command.starts_at,
            ends_at=command.ends_at or command.starts_at + lasts,
            room_id=command.room_id or old.held(ResourceKind.ROOM),
            device_id=command.device_id or old.held(ResourceKind.DEVICE),
            therapist_id=command.therapist_id or old.held(ResourceKind.THERAPIST),
            monitor_id=command.monitor_id or old.held(ResourceKind.MONITOR),
            prescriber_id=command.prescriber_id or old.held(ResourceKind.PRESCRIBER),
            integration_id=old.integration_id,
            mode=old.mode,
            route=old.route,
            overbook_reason=command.overbook_reason,
            # Only what is provisional ends by itself; what was left keeps its end.
            provisional=provisional or old.expires_at is not None,
        ),
        uow,
        replaces=old.id,
    )
    uow.publish(old.replaced(booked), of=old)
    _keep_escort(old, booked, uow)
    follow_move(old, booked, uow)
    return booked


def _keep_escort(old: Appointment, booked: Appointment, uow: UnitOfWork) -> None:
    """Who takes the patient home does so too if it is on the same occasion."""
    shift = abs(booked.starts_at - old.starts_at)
    if old.escort_confirmed and shift < SAME_OCCASION:
        uow.publish(booked.confirm_escort(), of=booked)
        if known := uow.find(Visit, old.id):
            visit_of(booked, uow).escort = known.escort
