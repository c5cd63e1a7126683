"""Opening a record in an emergency, and to its own patient by a private link."""

import secrets
from uuid import UUID

from services.intake.domain import (
    EMERGENCY_LASTS,
    LINK_LASTS,
    EmergencyAccess,
    Patient,
    PatientLink,
    digest_of,
)
from shared import emergency
from shared.errors import NotFoundError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork

CODE_BYTES = 24


def break_glass(patient_id: UUID, reason: str, uow: UnitOfWork) -> EmergencyAccess:
    """Open a patient's record to the caller for an hour, and tell that it was."""
    patient = uow.get(Patient, patient_id)
    access = EmergencyAccess(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient.id,
        person_id=uow.actor_id,
        reason=reason,
        opened_at=uow.now,
        until=uow.now + EMERGENCY_LASTS,
    )
    event = access.open()
    uow.publish(event, of=access)
    # Here it counts at once; the other services hear of it.
    emergency.note(event, uow)
    return uow.add(access)


def make_link(patient_id: UUID, uow: UnitOfWork) -> tuple[PatientLink, str]:
    """A private link for a patient, and its code, which nobody can read again."""
    patient = uow.get(Patient, patient_id)
    secret = secrets.token_urlsafe(CODE_BYTES)
    link = PatientLink(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient.id,
        digest=digest_of(secret),
        made_by=uow.actor_id,
        expires_at=uow.now + LINK_LASTS,
    )
    uow.touch(record=("link", link.id))
    return uow.add(link), f"{link.id}.{secret}"


def open_link(code: str, uow: UnitOfWork) -> PatientLink:
    """The link a code belongs to.

    Raises:
        NotFoundError: it opens nothing: unknown, of another clinic, ended or expired.
    """
    name, _, secret = code.partition(".")
    try:
        link = uow.find(PatientLink, UUID(name))
    except ValueError as error:
        raise NotFoundError("this link does not open") from error
    if link is None:
        raise NotFoundError("this link does not open")
    link.demand_good(secret, at=uow.now)
    uow.touch(record=("link", link.id), patients=[link.patient_id])
    return link


def end_link(patient_id: UUID, link_id: UUID, uow: UnitOfWork) -> PatientLink:
    """A private link opens nothing any more.

    Raises:
        NotFoundError: the patient has no such link.
        LinkEndedError: it has ended before.
    """
    link = uow.get(PatientLink, link_id)
    if link.patient_id != patient_id:
        raise NotFoundError("there is no such link in this clinic")
    link.end(at=uow.now)
    return link
