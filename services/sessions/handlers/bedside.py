"""Devices at the bedside: added to a session, sending readings, revoked."""

import secrets
from uuid import UUID

from sqlalchemy import select

from services.sessions.commands import RecordVitals
from services.sessions.domain.bedside import BedsideDevice, hash_of
from services.sessions.domain.session import Session
from services.sessions.domain.vitals import Values, Vitals
from services.sessions.handlers.loading import held
from services.sessions.handlers.vitals import record_vitals
from services.sessions.models import bedside_devices
from shared.errors import NotFoundError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork

CODE_BYTES = 32


def add_device(
    session_id: UUID, name: str, uow: UnitOfWork
) -> tuple[BedsideDevice, str]:
    """A device may send readings of one session, by a code that is told this once."""
    session = held(Session, session_id, uow)
    session.demand_running()
    code = secrets.token_urlsafe(CODE_BYTES)
    device = BedsideDevice(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        session_id=session.id,
        patient_id=session.patient_id,
        name=name,
        code_hash=hash_of(code),
        added_at=uow.now,
        added_by=uow.actor_id,
    )
    return uow.add(device), code


def revoke_device(session_id: UUID, device_id: UUID, uow: UnitOfWork) -> BedsideDevice:
    """A device sends nothing more.

    Raises:
        NotFoundError: there is no such device at this session.
        AlreadyEndedError: it was revoked before.
    """
    device = held(BedsideDevice, device_id, uow)
    if device.session_id != session_id:
        raise NotFoundError("there is no such device at this session")
    device.revoke(at=uow.now)
    return device


def record_device_vitals(code: str, values: Values, uow: UnitOfWork) -> Vitals:
    """A device sends what it measures now, while its session goes on.

    Raises:
        NotFoundError: the code opens nothing: unknown, revoked, of another clinic.
        WrongStateError: the session has ended, and with it what the code is good for.
    """
    query = select(bedside_devices).where(
        bedside_devices.c.code_hash == hash_of(code),
        bedside_devices.c.clinic_id == uow.clinic_id,
        bedside_devices.c.revoked_at.is_(None),
    )
    device = uow.connection.execute(query).first()
    if device is None:
        raise NotFoundError("this code opens nothing")
    return record_vitals(
        RecordVitals(session_id=device.session_id, values=values, device_id=device.id),
        uow,
    )
