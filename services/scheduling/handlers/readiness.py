"""What becomes of booked doses when a readiness fact changes."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from services.scheduling.domain import (
    AHEAD,
    Appointment,
    AppointmentStatus,
    AppointmentType,
)
from services.scheduling.handlers.following import follow, stop_course_of
from services.scheduling.models import appointments, facts, packs, patients
from shared.events import Event
from shared.events.intake import DECEASED, ConsentWithdrawn, EpisodeClosed
from shared.events.scheduling import PATIENT_DECEASED
from shared.readiness import Fact, FactName, Gate, Readiness, evaluate
from shared.rulepack import RulePack
from shared.unit_of_work import UnitOfWork

CONSENTS = frozenset({FactName.CONSENT_TREATMENT, FactName.CONSENT_OFFLABEL})
RELEASE = "release_if_not_ready"
RELEASE_BEFORE = timedelta(hours=24)


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
        for appointment in _doses_ahead(patient_id, uow):
            _look_again(appointment, uow)


def release_doses(event: ConsentWithdrawn, uow: UnitOfWork) -> None:
    """A consent is taken back: doses that rest on it are given back at once."""
    hold(event.patient_id, uow)
    facts.note(event, uow)
    for appointment in _doses_ahead(event.patient_id, uow):
        readiness = _readiness(appointment, uow, gate=Gate.AUTHORISATION)
        if any(reason.fact in CONSENTS for reason in readiness.reasons):
            uow.forget(RELEASE, about=appointment.id)
            uow.publish(appointment.release("consent_withdrawn"), of=appointment)
            follow(appointment, uow)


def release_all(event: EpisodeClosed, uow: UnitOfWork) -> None:
    """An episode is over: its doses are given back, and for a patient who died all."""
    hold(event.patient_id, uow)
    facts.note(event, uow)
    stop_course_of(event.patient_id, event.outcome, uow)
    has_died = event.outcome == DECEASED
    kinds = tuple(AppointmentType) if has_died else (AppointmentType.DOSING,)
    for appointment in _ahead(event.patient_id, uow, kinds):
        uow.forget(RELEASE, about=appointment.id)
        cause = PATIENT_DECEASED if has_died else "episode_closed"
        uow.publish(appointment.release(cause), of=appointment)
        follow(appointment, uow)


def release_if_not_ready(appointment_id: UUID, uow: UnitOfWork) -> None:
    """The cut-off of a dose at risk: give it back unless all is well again."""
    appointment = uow.find(Appointment, appointment_id)
    if appointment is None or appointment.status is not AppointmentStatus.AT_RISK:
        return
    if not _readiness(appointment, uow).ready:
        uow.publish(appointment.release("not_ready_at_cutoff"), of=appointment)
        follow(appointment, uow)


def _doses_ahead(patient_id: UUID, uow: UnitOfWork) -> list[Appointment]:
    return _ahead(patient_id, uow, (AppointmentType.DOSING,))


def _ahead(
    patient_id: UUID, uow: UnitOfWork, kinds: tuple[AppointmentType, ...]
) -> list[Appointment]:
    return uow.all(
        select(Appointment).where(
            appointments.c.patient_id == patient_id,
            appointments.c.type.in_(kinds),
            appointments.c.status.in_(AHEAD),
        )
    )


def _readiness(
    appointment: Appointment, uow: UnitOfWork, *, gate: Gate = Gate.BOOKING
) -> Readiness:
    known = facts.of(appointment.patient_id, uow.connection, uow.clinic_id)
    return readiness_of(gate, appointment.starts_at, known, packs.of(uow), appointment)


def _look_again(appointment: Appointment, uow: UnitOfWork) -> None:
    """Mark a dose at risk when a fact it rests on is gone."""
    readiness = _readiness(appointment, uow)
    if readiness.ready or appointment.status is not AppointmentStatus.BOOKED:
        return
    cutoff_at = max(uow.now, appointment.starts_at - RELEASE_BEFORE)
    uow.publish(
        appointment.mark_at_risk(readiness.missing, cutoff_at=cutoff_at),
        of=appointment,
    )
    uow.remind(RELEASE, about=appointment.id, at=cutoff_at)
