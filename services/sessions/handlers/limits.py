"""Limits of a patient's own, and of an order: set, ended, and known to the session."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.sessions.commands import SetLimits
from services.sessions.domain.copies import Patient
from services.sessions.domain.errors import NoActiveOrderError
from services.sessions.domain.limits import OwnLimits, bounds_of, in_force
from services.sessions.domain.order import Order
from services.sessions.domain.session import Session
from services.sessions.domain.states import RUNNING
from services.sessions.domain.vitals import current_values, level_measured
from services.sessions.handlers.loading import held, readings_of
from services.sessions.models import own_limits, packs, sessions
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def set_limits(command: SetLimits, uow: UnitOfWork) -> OwnLimits:
    """A prescriber sets limits for a patient until a time, or for an open order.

    Raises:
        LimitLooserError: they let through what the rule pack's stop.
        NoActiveOrderError: the order allows no further dose.
    """
    patient_id, until = _whom(command, uow)
    limits = OwnLimits(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient_id,
        order_id=command.order_id,
        measure=command.measure,
        phase=command.phase,
        bounds=bounds_of(command.limits),
        reason=command.reason,
        set_at=uow.now,
        set_by=uow.actor_id,
        until=until,
    )
    uow.publish(limits.set(packs.of(uow), at=uow.now), of=limits)
    uow.add(limits)
    _tell_sessions(patient_id, uow)
    return limits


def end_limits(limits_id: UUID, uow: UnitOfWork) -> OwnLimits:
    """Limits of a patient's own are in force no longer.

    Raises:
        AlreadyEndedError: they were not any more.
    """
    limits = held(OwnLimits, limits_id, uow)
    uow.publish(limits.end(at=uow.now, by=uow.actor_id), of=limits)
    _tell_sessions(limits.patient_id, uow)
    return limits


def limits_of(
    patient_id: UUID, order_id: UUID, uow: UnitOfWork
) -> list[dict[str, Any]] | None:
    """What a session keeps of the limits for its patient and its order."""
    uow.flush()
    found = uow.all(
        select(OwnLimits)
        .where(
            own_limits.c.patient_id == patient_id,
            own_limits.c.ended_at.is_(None),
            own_limits.c.until > uow.now,
        )
        .order_by(own_limits.c.set_at, own_limits.c.id)
    )
    return [one.kept() for one in found if one.order_id in (None, order_id)] or None


def _whom(command: SetLimits, uow: UnitOfWork) -> tuple[UUID, datetime]:
    """Whose limits they are, and until when."""
    if command.order_id is not None:
        order = held(Order, command.order_id, uow)
        if not order.is_active(at=uow.now):
            raise NoActiveOrderError
        return order.patient_id, order.valid_until
    if command.patient_id is None or command.until is None:
        raise InvalidError("it is said until when", field="until")
    return held(Patient, command.patient_id, uow).id, command.until


def _tell_sessions(patient_id: UUID, uow: UnitOfWork) -> None:
    """The patient's running session goes by them from now on."""
    running = select(Session).where(
        sessions.c.patient_id == patient_id, sessions.c.status.in_(sorted(RUNNING))
    )
    for session in uow.all(running.with_for_update(key_share=True)):
        session.limits = limits_of(patient_id, session.order_id, uow)
        _judge_again(session, uow)


def _judge_again(session: Session, uow: UnitOfWork) -> None:
    """What was measured before may be too grave now for what was decided on it."""
    values = current_values(readings_of(session, uow), now=uow.now)
    if not values:
        return
    phase = session.phase_at(uow.now)
    rules = in_force(packs.of(uow), phase, session.limits, at=uow.now).rules
    rating = rules.rate(values, phase=phase, baseline=session.baseline)
    if event := session.note_reading({}, level_measured(rating, values)):
        uow.publish(event, of=session)
