"""Opening a record in an emergency, and to its own patient by a private link."""

import secrets
from typing import TypeVar
from uuid import UUID

from services.intake.domain import (
    EMERGENCY_LASTS,
    LINK_LASTS,
    CodedLink,
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

L = TypeVar("L", bound=CodedLink)


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
    link_id, secret, code = new_code()
    link = PatientLink(
        id=link_id,
        clinic_id=uow.clinic_id,
        patient_id=patient.id,
        digest=digest_of(secret),
        made_by=uow.actor_id,
        expires_at=uow.now + LINK_LASTS,
    )
    uow.touch(record=("link", link.id))
    return uow.add(link), code


def open_link(code: str, uow: UnitOfWork) -> PatientLink:
    """The link a code belongs to.

    Raises:
        NotFoundError: it opens nothing: unknown, of another clinic, ended or expired.
    """
    link = coded(PatientLink, code, uow)
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


def new_code() -> tuple[UUID, str, str]:
    """The id of a link to be, its secret, and the code that holds both."""
    link_id, secret = uuid7(), secrets.token_urlsafe(CODE_BYTES)
    return link_id, secret, f"{link_id}.{secret}"


def coded(kind: type[L], code: str, uow: UnitOfWork) -> L:
    """The link of a kind that a code opens.

    Raises:
        NotFoundError: it opens nothing: unknown, of another clinic, ended or expired.
    """
    name, _, secret = code.partition(".")
    try:
        link = uow.find(kind, UUID(name))
    except ValueError as error:
        raise NotFoundError("this link does not open") from error
    if link is None:
        raise NotFoundError("this link does not open")
    link.demand_good(secret, at=uow.now)
    return link
