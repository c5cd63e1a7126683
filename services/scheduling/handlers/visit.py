"""From the day before on: who comes, with whom, and where they are."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.scheduling.commands import ConfirmAppointment, NoteArrival
from services.scheduling.domain import (
    Answers,
    Appointment,
    AppointmentStatus,
    AppointmentType,
    RoomOccupiedError,
    Visit,
)
from services.scheduling.handlers.following import follow
from services.scheduling.handlers.freeing import let_go, want_another
from services.scheduling.handlers.readiness import look_again
from services.scheduling.models import appointments, claims, packs, resources
from shared.errors import InvalidError
from shared.unit_of_work import UnitOfWork

IN_A_ROOM = frozenset({AppointmentStatus.ROOMED, AppointmentStatus.IN_PROGRESS})


def confirm_escort(appointment_id: UUID, uow: UnitOfWork) -> Appointment:
    """Somebody will take the patient home."""
    appointment = uow.get(Appointment, appointment_id)
    uow.publish(appointment.confirm_escort(), of=appointment)
    look_again(appointment, uow)
    return appointment


def withdraw_escort(appointment_id: UUID, uow: UnitOfWork) -> Appointment:
    """Nobody will take the patient home any more."""
    appointment = uow.get(Appointment, appointment_id)
    uow.publish(appointment.withdraw_escort(), of=appointment)
    if visit := uow.find(Visit, appointment.id):
        visit.escort = None
    look_again(appointment, uow)
    return appointment


def confirm_appointment(command: ConfirmAppointment, uow: UnitOfWork) -> Appointment:
    """The patient will come, and to a dose with an escort.

    Raises:
        InvalidError: a dose, and the escort or the word about food is missing.
    """
    appointment = uow.get(Appointment, command.appointment_id)
    if _know_escort(command, appointment, uow) and not appointment.escort_confirmed:
        uow.publish(appointment.confirm_escort(), of=appointment)
    event = appointment.confirm(fasting_told=command.fasting_told, at=uow.now)
    uow.publish(event, of=appointment)
    look_again(appointment, uow)
    return appointment


def note_arrival(command: NoteArrival, uow: UnitOfWork) -> Appointment:
    """The patient is here; whether an escort is counts from now on."""
    appointment = uow.get(Appointment, command.appointment_id)
    concerns = _concerns(command, appointment, uow)
    _know_escort(command, appointment, uow)
    was_asked = command.answers != Answers() or bool(concerns)
    if was_asked:
        visit = visit_of(appointment, uow)
        visit.answers, visit.concerns = _kept(command.answers), list(concerns)
    event = appointment.arrive(
        escort_present=command.escort_present,
        at=uow.now,
        has_concerns=bool(concerns) if was_asked else None,
    )
    uow.publish(event, of=appointment)
    if command.escort_present and not appointment.escort_confirmed:
        uow.publish(appointment.confirm_escort(), of=appointment)
    if not command.escort_present and appointment.escort_confirmed:
        uow.publish(appointment.withdraw_escort(), of=appointment)
    return appointment


def enter_room(appointment_id: UUID, uow: UnitOfWork) -> Appointment:
    """The patient is in the room.

    Raises:
        RoomOccupiedError: somebody else is still in it.
    """
    appointment = uow.get(Appointment, appointment_id)
    _demand_room_empty(appointment, uow)
    uow.publish(appointment.enter_room(at=uow.now), of=appointment)
    return appointment


def undo_step(appointment_id: UUID, reason_code: str, uow: UnitOfWork) -> Appointment:
    """The patient is not in the room after all, or not here.

    Raises:
        TooLateError: it was noted longer ago than a slip is noticed.
    """
    appointment = uow.get(Appointment, appointment_id)
    event = appointment.undo_step(reason_code, at=uow.now)
    uow.publish(event, of=appointment)
    look_again(appointment, uow)
    return appointment


def note_no_show(appointment_id: UUID, uow: UnitOfWork) -> Appointment:
    """The patient did not come."""
    appointment = uow.get(Appointment, appointment_id)
    repeated = _stayed_away_before(appointment, uow)
    event = appointment.note_no_show(at=uow.now, repeated=repeated)
    uow.publish(event, of=appointment)
    want_another(appointment, uow)
    follow(appointment, uow)
    let_go(appointment, uow)
    return appointment


def _kept(answers: Answers) -> dict[str, Any]:
    return {
        name: said.isoformat() if isinstance(said, datetime) else said
        for name, said in asdict(answers).items()
    }


def visit_of(appointment: Appointment, uow: UnitOfWork) -> Visit:
    """What is asked and answered at an appointment."""
    known = uow.find(Visit, appointment.id)
    return known or uow.add(
        Visit(
            id=appointment.id,
            clinic_id=appointment.clinic_id,
            patient_id=appointment.patient_id,
        )
    )


def _know_escort(
    command: ConfirmAppointment | NoteArrival, appointment: Appointment, uow: UnitOfWork
) -> bool:
    """Note who takes the patient home, if that is said; whether it is.

    Raises:
        InvalidError: only a name, or only a phone.
    """
    name, phone = command.escort_name, command.escort_phone
    if not name and not phone:
        return False
    for field, said in (("escort_name", name), ("escort_phone", phone)):
        if not said:
            raise InvalidError("belongs to an escort too", field=field)
    visit_of(appointment, uow).escort = {"name": name, "phone": phone}
    return True


def _concerns(
    command: NoteArrival, appointment: Appointment, uow: UnitOfWork
) -> tuple[str, ...]:
    """What speaks against giving a dose to somebody who arrives like this."""
    command.answers.demand_past(uow.now)
    if appointment.type is not AppointmentType.DOSING:
        return ()
    hours = packs.of(uow).fasting.hours(appointment.route)
    found = command.answers.concerns(max(uow.now, appointment.starts_at), hours)
    return found if command.escort_present else (*found, "escort_missing")


def _demand_room_empty(appointment: Appointment, uow: UnitOfWork) -> None:
    """Refuse a second patient, unless one of them was overbooked on purpose."""
    if appointment.overbooked:
        return
    room_id = appointment.room_id
    # Two patients at two doors: the second waits here until the first is noted.
    room = select(resources.c.id).where(
        resources.c.clinic_id == uow.clinic_id, resources.c.id == room_id
    )
    uow.connection.execute(room.with_for_update())
    inside = (
        select(appointments.c.id)
        .join(claims, claims.c.appointment_id == appointments.c.id)
        .where(
            appointments.c.clinic_id == uow.clinic_id,
            appointments.c.id != appointment.id,
            appointments.c.status.in_(IN_A_ROOM),
            claims.c.resource_id == room_id,
            ~claims.c.overbooked,
        )
    )
    if uow.connection.execute(inside.limit(1)).first():
        raise RoomOccupiedError


def _stayed_away_before(appointment: Appointment, uow: UnitOfWork) -> bool:
    """Whether the patient has stayed away from another dose of this episode."""
    if appointment.type is not AppointmentType.DOSING:
        return False
    earlier = select(Appointment).where(
        appointments.c.patient_id == appointment.patient_id,
        appointments.c.episode_id == appointment.episode_id,
        appointments.c.type == AppointmentType.DOSING,
        appointments.c.status == AppointmentStatus.NO_SHOW,
    )
    return bool(uow.all(earlier.limit(1)))
