"""Somebody looked at two patients who seem to be one."""

from uuid import UUID

from sqlalchemy import select

from services.intake.domain import (
    AlreadyDismissedError,
    Distinction,
    NotAlikeError,
    Patient,
    likeness,
)
from services.intake.models import distinctions
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def dismiss_duplicate(patient_id: UUID, other_id: UUID, uow: UnitOfWork) -> Distinction:
    """Two patients who seem to be one are two persons; they are not listed again.

    Raises:
        NotFoundError: one of them is no patient of this clinic.
        NotAlikeError: nothing suggests that they are one.
        AlreadyDismissedError: that was said before; at the same moment, the database
            says so at the commit.
    """
    one, other = uow.get(Patient, patient_id), uow.get(Patient, other_id)
    uow.touch(record=("patient", one.id), patients=[one.id, other.id])
    if not likeness(one, other):
        raise NotAlikeError
    first_id, second_id = sorted((one.id, other.id))
    said = select(Distinction).where(
        distinctions.c.first_id == first_id, distinctions.c.second_id == second_id
    )
    if uow.db.scalars(said).first():
        raise AlreadyDismissedError
    distinction = Distinction(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        first_id=first_id,
        second_id=second_id,
        decided_by=uow.actor_id,
        decided_at=uow.now,
    )
    uow.db.add(distinction)
    return distinction
