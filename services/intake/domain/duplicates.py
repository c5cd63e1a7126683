"""Who may be registered twice in a clinic, and who only seems to be."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.intake.domain.people import Patient
from shared.errors import ConflictError


class NotAlikeError(ConflictError):
    """Nothing suggests that these two are one person."""

    code = "not_alike"


class AlreadyDismissedError(ConflictError):
    """Somebody has said already that these are two persons."""

    code = "already_dismissed"


class Likeness(StrEnum):
    """What two patients have in common."""

    NAME = "name"
    """The family name and the birth date."""
    EMAIL = "email"
    PHONE = "phone"


INDEX_OF = {
    Likeness.NAME: "name_index",
    Likeness.EMAIL: "email_index",
    Likeness.PHONE: "phone_index",
}
"""By which index of a patient each is told."""


@dataclass(kw_only=True, eq=False)
class Distinction:
    """Two patients who seem to be one are two persons: somebody looked, and said so.

    Of the two ids the first is the lower one.
    """

    id: UUID
    clinic_id: UUID
    first_id: UUID
    second_id: UUID
    decided_by: UUID
    decided_at: datetime


def likeness(one: Patient, other: Patient) -> tuple[Likeness, ...]:
    """What two patients have in common; nothing with oneself or who was erased."""
    if one.id == other.id:
        return ()
    return tuple(
        kind
        for kind, index in INDEX_OF.items()
        if getattr(one, index) is not None
        and getattr(one, index) == getattr(other, index)
    )
