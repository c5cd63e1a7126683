"""Appointments: booked, changed, begun, done."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from services.scheduling.commands import BookAppointment, CancelAppointment
from services.scheduling.domain import (
    AHEAD,
    EXPECTED,
    HOLDING,
    PRESENT,
    WAITING,
    Appointment,
    AppointmentStatus,
    AppointmentType,
    IntegrationNeed,
    NotReadyError,
    Patient,
    TooCloseError,
    TooLateError,
)
from services.scheduling.handlers.calendar import demand_free
from services.scheduling.handlers.claiming import claims_of, note_overbooking
from services.scheduling.handlers.clinic import opening_of
from services.scheduling.handlers.following import follow
from services.scheduling.handlers.freeing import (
    RELEASE,
    SWEEP,
    expire_holds_of,
    let_go,
    want_another,
)
from services.scheduling.handlers.readiness import (
    hold,
    note_fact,
    readiness_of,
    watch,
)
from services.scheduling.models import appointments, facts, packs
from shared.errors import InvalidError
from shared.events.intake import PatientRegistered
from shared.events.scheduling import AppointmentBooked
from shared.events.sessions import (
    PatientDischarged,
    PreparationCompleted,
    RecordAborted,
    RecordOpened,
)
from shared.ids import uuid7
from shared.readiness import Gate
from shared.rulepack import Appointments
from shared.unit_of_work import UnitOfWork


def book_appointment(
    command: BookAppointment, uow: UnitOfWork, *, replaces: UUID | None = None
) -> Appointment:
    """Hold a room, staff and the patient for a time, perhaps in another's place.

    Raises:
        TooLateError: it would be provisional, and is to be given back by now.
        Others: see `plan`.
    """
    appointment = plan(command, uow, replaces=replaces)
    if missing := tuple(appointment.missing):
        rules = packs.of(uow).booking
        until = rules.provisional_until(appointment.starts_at, uow.now)
        if until <= uow.now:
            raise TooLateError("it is too late to book that provisionally")
        event = appointment.book_provisionally(missing, until=until)
        uow.remind(RELEASE, about=appointment.id, at=until)
    else:
        event = appointment.book()
    uow.publish(event, of=appointment)
    watch(appointment, uow)
    if command.overbook_reason is not None:
        note_overbooking(appointment, command.overbook_reason, uow)
    return uow.add(appointment)


def plan(
    command: BookAppointment, uow: UnitOfWork, *, replaces: UUID | None = None
) -> Appointment:
    """An appointment that could be booked or held, with what it claims and lacks.

    It lacks something only if the command says that it may be provisional.

    Raises:
        NotReadyError: a dose, and a fact it rests on would not hold at that time.
        TooCloseError: a dose, too soon before or after another.
        ClosedError, OutsideHoursError: the clinic is not open for all of the time.
        RetiredError, OffDutyError, LicenceMissingError, LicenceExpiredError: something
            that is needed cannot be had then.
        BusyElsewhereError: somebody is, by a calendar of theirs.
        NoSuchNeedError: an integration that is not this patient's, or took place.
        DoubleBookedError: something is taken; the database says so at the commit.
    """
    patient = uow.get(Patient, command.patient_id)
    if command.starts_at < uow.now - timedelta(hours=1):
        raise InvalidError("that time is past", field="starts_at")
    is_dose = command.type is AppointmentType.DOSING
    if is_dose:
        hold(patient.id, uow)
    rules = packs.of(uow).appointments
    appointment = _planned(command, patient, rules, replaces, uow)
    # What this is about, whatever else ends with it.
    uow.touch(record=(AppointmentBooked.aggregate, appointment.id))
    expire_holds_of([patient.id, *command.wanted.values()], uow)
    if is_dose:
        appointment.missing = list(_missing(command, uow))
        _demand_spacing(patient.id, command.starts_at, uow)
    opening = opening_of(uow)
    if command.overbook_reason is None:
        opening.demand_open(appointment.starts_at, appointment.ends_at)
    appointment.claims = claims_of(appointment, command, rules, opening, uow)
    if command.overbook_reason is None:
        demand_free(appointment.claims, uow)
    if command.integration_id:
        need = uow.get(IntegrationNeed, command.integration_id)
        need.book(patient.id, command.type)
    return appointment


def may_be_provisional(starts_at: datetime, uow: UnitOfWork) -> bool:
    """Whether a dose at a time may be booked before the patient is ready."""
    return packs.of(uow).booking.may_be_provisional(starts_at, uow.now)


def cancel_appointment(command: CancelAppointment, uow: UnitOfWork) -> Appointment:
    """Call an appointment off."""
    appointment = uow.get(Appointment, command.appointment_id)
    cancel(appointment, command.by, command.reason_code, uow)
    return appointment


def know_patient(event: PatientRegistered, uow: UnitOfWork) -> None:
    """A patient can be booked."""
    if uow.find(Patient, event.patient_id) is None:
        uow.add(
            Patient(
                id=event.patient_id,
                clinic_id=uow.clinic_id,
                episode_id=event.episode_id,
            )
        )


def note_begun(event: RecordOpened, uow: UnitOfWork) -> None:
    """A treatment record is open: the appointment is under way."""
    appointment = uow.find(Appointment, event.appointment_id)
    # A record that is open says that the patient is here, whatever was undone since.
    if appointment and appointment.status in EXPECTED | WAITING:
        appointment.status = AppointmentStatus.IN_PROGRESS


def fulfil(event: PatientDischarged | PreparationCompleted, uow: UnitOfWork) -> None:
    """What an appointment was for has been done."""
    if isinstance(event, PreparationCompleted):
        note_fact(event, uow)
    appointment = uow.find(Appointment, event.appointment_id)
    if appointment and appointment.status in AHEAD | PRESENT:
        uow.publish(appointment.fulfil(at=uow.now), of=appointment)
        follow(appointment, uow)
        uow.forget(RELEASE, SWEEP, about=appointment.id)


def end_early(event: RecordAborted, uow: UnitOfWork) -> None:
    """A session ended early: the rest of its time is free."""
    appointment = uow.find(Appointment, event.appointment_id)
    if appointment and appointment.status in PRESENT:
        cancel(appointment, "clinic", "session_aborted", uow)


def cancel(
    appointment: Appointment, by: str, reason_code: str, uow: UnitOfWork
) -> None:
    """Give an appointment back; an integration then wants another."""
    event = appointment.cancel(
        by=by,
        reason_code=reason_code,
        at=uow.now,
        late_notice=packs.of(uow).cancellation.late_notice,
    )
    uow.publish(event, of=appointment)
    want_another(appointment, uow)
    follow(appointment, uow)
    let_go(appointment, uow)


def _planned(
    command: BookAppointment,
    patient: Patient,
    rules: Appointments,
    replaces: UUID | None,
    uow: UnitOfWork,
) -> Appointment:
    """The appointment that is asked for, before it holds anything."""
    lasts = rules.lasts(command.type.value, command.route)
    appointment = Appointment(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient.id,
        episode_id=patient.episode_id,
        type=command.type,
        starts_at=command.starts_at,
        ends_at=command.ends_at or command.starts_at + lasts,
        integration_id=command.integration_id,
        replaces=replaces,
        mode=command.mode,
        route=command.route,
    )
    appointment.demand_sound()
    return appointment


def demand_ready(patient_id: UUID, at: datetime, uow: UnitOfWork) -> None:
    """Refuse to book a dose at a time for which a fact it rests on does not hold.

    Raises:
        NotReadyError: `details` says which, and why.
    """
    known = facts.of(patient_id, uow.connection, uow.clinic_id)
    readiness = readiness_of(Gate.BOOKING, at, known, packs.of(uow))
    if not readiness.ready:
        raise NotReadyError(
            details={
                "reasons": [
                    {"fact": reason.fact.value, "cause": reason.cause.value}
                    for reason in readiness.reasons
                ]
            }
        )


def _missing(command: BookAppointment, uow: UnitOfWork) -> tuple[str, ...]:
    """The facts a provisional dose lacks; any other may lack none."""
    if not command.provisional:
        demand_ready(command.patient_id, command.starts_at, uow)
        return ()
    known = facts.of(command.patient_id, uow.connection, uow.clinic_id)
    rules = packs.of(uow)
    return readiness_of(Gate.BOOKING, command.starts_at, known, rules).missing


def _demand_spacing(patient_id: UUID, at: datetime, uow: UnitOfWork) -> None:
    spacing = packs.of(uow).dose.minimum_spacing
    near = select(Appointment).where(
        appointments.c.patient_id == patient_id,
        appointments.c.type == AppointmentType.DOSING,
        appointments.c.status.in_(HOLDING | {AppointmentStatus.FULFILLED}),
        appointments.c.starts_at > at - spacing,
        appointments.c.starts_at < at + spacing,
    )
    if uow.all(near.limit(1)):
        raise TooCloseError
