"""Readings that were entered wrongly: they stay, and count no more."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from services.sessions.commands import ReverseVitals
from services.sessions.domain.errors import AlreadyReversedError
from services.sessions.domain.limits import in_force
from services.sessions.domain.session import Session
from services.sessions.domain.vitals import Vitals, gravest, level_measured
from services.sessions.handlers.loading import held, readings_since
from services.sessions.models import packs, vitals, vitals_reversals
from shared.errors import NotFoundError
from shared.ids import uuid7
from shared.rulepack import Decision, VitalsPhase
from shared.unit_of_work import UnitOfWork


def reverse_vitals(command: ReverseVitals, uow: UnitOfWork) -> dict[str, object]:
    """A reading is reversed by a row of its own; nothing of the record is rewritten.

    Alerts that it raised stay, until a clinician says how they ended.

    Raises:
        NotFoundError: there is no such reading in this session.
        AlreadyReversedError: it was reversed before.
    """
    session = held(Session, command.session_id, uow)
    session.demand_unlocked()
    reading = _reading(session.id, command.vitals_id, uow)
    others = [
        one
        for one in readings_since(session.id, None, uow)
        if one.id != reading.id and one.phase is VitalsPhase.BEFORE_DOSE
    ]
    session.forget_reading(
        (one.values for one in others), _gravest(others, session, uow)
    )
    row = {
        "id": uuid7(),
        "clinic_id": uow.clinic_id,
        "session_id": session.id,
        "vitals_id": reading.id,
        "reason_code": command.reason_code,
        "reason": command.reason,
        "reversed_at": uow.now,
        "reversed_by": uow.actor_id,
    }
    uow.insert(vitals_reversals, **row)
    uow.publish(reading.reverse(command.reason_code), of=reading)
    return {**row, "patient_id": session.patient_id}


def _reading(session_id: UUID, vitals_id: UUID, uow: UnitOfWork) -> Vitals:
    query = select(vitals).where(
        vitals.c.id == vitals_id,
        vitals.c.session_id == session_id,
        vitals.c.clinic_id == uow.clinic_id,
    )
    row = uow.connection.execute(query).first()
    if row is None:
        raise NotFoundError("there is no such reading in this session")
    known = select(vitals_reversals.c.id).where(
        vitals_reversals.c.vitals_id == vitals_id
    )
    if uow.connection.execute(known).first() is not None:
        raise AlreadyReversedError
    return Vitals(**row._mapping)


def _gravest(readings: Iterable[Vitals], session: Session, uow: UnitOfWork) -> Decision:
    """The gravest of what readings before the dose say by the limits in force."""
    pack = packs.at_hand(uow.connection, uow.clinic_id, uow.now)
    phase = VitalsPhase.BEFORE_DOSE
    rules = in_force(pack, phase, session.limits, at=uow.now).rules
    return gravest(
        level_measured(rules.rate(one.values, phase=phase), one.values)
        for one in readings
    )
