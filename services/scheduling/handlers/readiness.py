"""What becomes of booked doses when a readiness fact changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.scheduling.domain import (
    AHEAD,
    FASTING_TOLD,
    Appointment,
    AppointmentStatus,
    AppointmentType,
)
from services.scheduling.handlers.following import follow, stop_course_of
from services.scheduling.handlers.freeing import (
    RELEASE,
    SWEEP,
    end_hold,
    end_waiting,
    let_go,
)
from services.scheduling.models import appointments, facts, packs, patients
from shared.events import Event
from shared.events.intake import DECEASED, ConsentWithdrawn, EpisodeClosed
from shared.events.scheduling import PATIENT_DECEASED
from shared.readiness import Fact, FactName, Gate, Readiness, evaluate
from shared.rulepack import RulePack
from shared.unit_of_work import UnitOfWork

CONSENTS = frozenset({FactName.CONSENT_TREATMENT, FactName.CONSENT_OFFLABEL})


def readiness_of(
    gate: Gate,
    at: datetime,
    known: list[Fact],
    pack: RulePack,
    appointment: Appointment | None = None,
) -> Readiness:
    """Whether a patient is ready at a gate, by what scheduling knows."""
    if appointment is not None:
        known.append(
            Fact(
                name=FactName.ESCORT_CONFIRMED,
                holds=appointment.escort_confirmed,
                appointment_id=appointment.id,
            )
        )
    return evaluate(
        known,
        gate=gate,
        at=at,
        pack=pack,
        appointment_id=appointment.id if appointment else None,
    )


def hold(patient_id: UUID, uow: UnitOfWork) -> None:
    """Let nobody book this patient's doses, or look at them again, until the commit.

    Without it a dose that is being booked and a consent that is being withdrawn could
    each miss the other, as could two doses that are booked too close together.
    """
    row = select(patients.c.id).where(
        patients.c.clinic_id == uow.clinic_id, patients.c.id == patient_id
    )
    uow.connection.execute(row.with_for_update())


def note_fact(event: Event, uow: UnitOfWork) -> None:
    """A readiness fact changed: look again at the doses that rest on it."""
    patient_id: UUID = getattr(event, "patient_id")  # noqa: B009 - every one has it.
    hold(patient_id, uow)
    if facts.note(event, uow):
        for appointment in _planned(patient_id, uow, {AppointmentType.DOSING}):
            _look_again(appointment, uow)


def watch(appointment: Appointment, uow: UnitOfWork) -> None:
    """Have a planned dose looked at when its next gate comes, if any is to come.

    A gate whose time is past is left out: booking has just asked.
    """
    if appointment.type is not AppointmentType.DOSING:
        return
    at = packs.of(uow).booking.next_sweep(appointment.starts_at, uow.now)
    if at is not None:
        uow.remind(SWEEP, about=appointment.id, at=at)


def sweep(appointment_id: UUID, uow: UnitOfWork) -> None:
    """A gate's time has come: ask it about a planned dose; each is asked once.

    After a long silence only the last gate is asked: it asks all that earlier ones do.
    """
    appointment = uow.find(Appointment, appointment_id)
    if appointment is None or appointment.status not in AHEAD:
        return
    rules = packs.of(uow).booking
    appointment.gate = rules.gate_at(appointment.starts_at, uow.now)
    look_again(appointment, uow)
    watch(appointment, uow)


def look_again(appointment: Appointment, uow: UnitOfWork) -> None:
    """See whether a planned dose is ready, and say so if that has changed."""
    if appointment.type is AppointmentType.DOSING and appointment.status in AHEAD:
        hold(appointment.patient_id, uow)
        _look_again(appointment, uow)


def release_doses(event: ConsentWithdrawn, uow: UnitOfWork) -> None:
    """A consent is taken back: doses that rest on it are given back at once."""
    hold(event.patient_id, uow)
    facts.note(event, uow)
    kinds = {AppointmentType.DOSING}
    for appointment in _planned(event.patient_id, uow, kinds, held=True):
        readiness = _readiness(appointment, uow, Gate.AUTHORISATION)
        if any(reason.fact in CONSENTS for reason in readiness.reasons):
            _release(appointment, "consent_withdrawn", uow)


def release_all(event: EpisodeClosed, uow: UnitOfWork) -> None:
    """An episode is over: its doses are given back, and for a patient who died all.

    Nobody waits for another time any longer either.
    """
    hold(event.patient_id, uow)
    facts.note(event, uow)
    stop_course_of(event.patient_id, event.outcome, uow)
    has_died = event.outcome == DECEASED
    cause = PATIENT_DECEASED if has_died else "episode_closed"
    end_waiting(event.patient_id, cause, uow)
    kinds = set(AppointmentType) if has_died else {AppointmentType.DOSING}
    for appointment in _planned(event.patient_id, uow, kinds, held=True):
        _release(appointment, cause, uow)


def release_if_not_ready(appointment_id: UUID, uow: UnitOfWork) -> None:
    """The cut-off of a dose: give it back unless all is well again.

    That food was not talked about is no reason: it is asked on arriving too.
    """
    appointment = uow.find(Appointment, appointment_id)
    if appointment is None:
        return
    if appointment.status is AppointmentStatus.PROVISIONAL:
        cause = "provisional_expired"
    elif appointment.status is AppointmentStatus.AT_RISK:
        cause = "not_ready_at_cutoff"
    else:
        return
    hold(appointment.patient_id, uow)
    if _readiness(appointment, uow, appointment.gate).ready:
        _look_again(appointment, uow)
    else:
        _release(appointment, cause, uow)


def _release(appointment: Appointment, cause_code: str, uow: UnitOfWork) -> None:
    if appointment.status is AppointmentStatus.HELD:
        end_hold(appointment, cause_code, uow)
        return
    uow.publish(appointment.release(cause_code), of=appointment)
    follow(appointment, uow)
    let_go(appointment, uow)


def _planned(
    patient_id: UUID,
    uow: UnitOfWork,
    kinds: set[AppointmentType],
    *,
    held: bool = False,
) -> list[Appointment]:
    """What is ahead for a patient; with `held`, also what is only held."""
    states = AHEAD | {AppointmentStatus.HELD} if held else AHEAD
    return uow.all(
        select(Appointment).where(
            appointments.c.patient_id == patient_id,
            appointments.c.type.in_(kinds),
            appointments.c.status.in_(states),
        )
    )


def _readiness(appointment: Appointment, uow: UnitOfWork, gate: Gate) -> Readiness:
    known = facts.of(appointment.patient_id, uow.connection, uow.clinic_id)
    return readiness_of(gate, appointment.starts_at, known, packs.of(uow), appointment)


def _look_again(appointment: Appointment, uow: UnitOfWork) -> None:
    """Firm up, mark or recover a dose, by what the gate it has come to asks."""
    missing = _readiness(appointment, uow, appointment.gate).missing
    if appointment.gate is Gate.DAY_BEFORE and not appointment.fasting_told:
        missing = (*missing, FASTING_TOLD)
    if appointment.status is AppointmentStatus.PROVISIONAL:
        if not missing:
            uow.forget(RELEASE, about=appointment.id)
            uow.publish(appointment.firm(), of=appointment)
    elif not missing:
        if appointment.status is AppointmentStatus.AT_RISK:
            uow.forget(RELEASE, about=appointment.id)
            uow.publish(appointment.recover(), of=appointment)
    elif list(missing) != appointment.missing:
        cutoff_at = packs.of(uow).booking.cutoff(appointment.starts_at, uow.now)
        event = appointment.mark_at_risk(missing, cutoff_at=cutoff_at)
        uow.publish(event, of=appointment)
        uow.remind(RELEASE, about=appointment.id, at=event.cutoff_at)
