"""A session's beginning, its phases, its early end and its signature."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from services.sessions.commands import AbortSession, OpenSession
from services.sessions.domain.amounts import Amounts, micrograms
from services.sessions.domain.copies import Appointment
from services.sessions.domain.errors import (
    NoActiveOrderError,
    PartsMissingError,
    SessionExistsError,
)
from services.sessions.domain.order import Order
from services.sessions.domain.session import Session
from services.sessions.handlers.checks import end_watch
from services.sessions.handlers.leaving import ESCORT
from services.sessions.handlers.ledger.drawing import Need, take_stock
from services.sessions.handlers.limits import limits_of
from services.sessions.handlers.loading import demand_no_alert, held, is_prescriber
from services.sessions.handlers.note import parts_missing
from services.sessions.handlers.order import active_order, close_if_used_up
from services.sessions.handlers.rems import need_rems_form
from services.sessions.models import packs, record_hash, sessions
from shared.errors import ForbiddenError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def open_session(command: OpenSession, uow: UnitOfWork) -> Session:
    """The right patient is in the right room.

    Raises:
        SessionExistsError: the appointment has a record already.
        PatientNotArrivedError: nobody has arrived for a dose at it.
        NoActiveOrderError: nothing is ordered for the patient.
    """
    appointment = held(Appointment, command.appointment_id, uow)
    if uow.all(select(Session).where(sessions.c.appointment_id == appointment.id)):
        raise SessionExistsError
    appointment.demand_arrived_for_dose()
    order = active_order(appointment.patient_id, uow)
    if order is None:
        raise NoActiveOrderError
    session = Session(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=appointment.patient_id,
        episode_id=appointment.episode_id,
        appointment_id=appointment.id,
        order_id=order.id,
        route=order.route,
        identifiers_checked=[one.value for one in command.identifiers_checked],
        opened_at=uow.now,
        opened_by=uow.actor_id,
        limits=limits_of(appointment.patient_id, order.id, uow),
    )
    uow.publish(session.open(), of=session)
    return uow.add(session)


def begin_recovery(session_id: UUID, uow: UnitOfWork) -> Session:
    """The experience fades."""
    session = held(Session, session_id, uow)
    uow.publish(session.recover(at=uow.now), of=session)
    return session


def abort_session(command: AbortSession, uow: UnitOfWork) -> Session:
    """The session ends early; after a dose only a prescriber says so.

    Raises:
        ForbiddenError: a dose was given, and no prescriber asks.
        WitnessIsActorError: the witness of the waste is who wasted it.
    """
    wasted_ug = micrograms(command.wasted_mg or Decimal(0))
    waste = Amounts(given_ug=0, drawn_ug=wasted_ug, wasted_ug=wasted_ug)
    session = held(Session, command.session_id, uow)
    session.demand_running()
    if session.is_dosed and not is_prescriber(uow):
        raise ForbiddenError("after a dose, only a prescriber ends a session early")
    drug = held(Order, session.order_id, uow).drug
    source = take_stock(command, Need(session=session, drug=drug, amounts=waste), uow)
    record = {
        "reason_code": command.reason_code,
        "wasted_ug": wasted_ug,
        "lot": source.lot or None,
        "witness_id": str(source.witness_id) if source.witness_id else None,
    }
    event = session.abort(record, command.reason_code, at=uow.now, by=uow.actor_id)
    uow.publish(event, of=session)
    end_watch(session, uow)
    uow.forget(ESCORT, about=session.id)
    need_rems_form(session, uow)
    close_if_used_up(session.order_id, uow)
    return session


def sign_record(session_id: UUID, uow: UnitOfWork) -> Session:
    """The record is signed as it is now, and changes no more.

    Raises:
        AlertOpenError: an alert is not acknowledged.
        PartsMissingError: the clinic wants notes on parts that nobody has signed.
    """
    session = held(Session, session_id, uow)
    event = session.sign(at=uow.now, by=uow.actor_id)
    demand_no_alert(session.id, uow)
    if missing := parts_missing(session, packs.of(uow).record.required_parts, uow):
        raise PartsMissingError(details={"parts": missing})
    # The signature covers what the database holds, the signer and the time included.
    uow.flush()
    session.signature_hash = record_hash(session.id, uow.connection)
    uow.publish(event, of=session)
    return session
