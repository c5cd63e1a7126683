"""The words a treatment session is described by."""

from enum import StrEnum


class Identifier(StrEnum):
    """What tells one patient from another; two are checked before a record opens."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"
    PHONE = "phone"
    PHOTO = "photo"


class SessionStatus(StrEnum):
    """How far a session has come."""

    OPENED = "opened"
    PRECHECKED = "prechecked"
    HELD = "held"
    AUTHORISED = "authorised"
    EXPERIENCE = "experience"
    RECOVERY = "recovery"
    DISCHARGED = "discharged"
    ABORTED = "aborted"
    SIGNED = "signed"


class Phase(StrEnum):
    """What the patient goes through once a dose was given."""

    EXPERIENCE = "experience"
    RECOVERY = "recovery"


PENDING = frozenset({SessionStatus.PRECHECKED, SessionStatus.HELD})
BEFORE_DOSE = PENDING | {SessionStatus.OPENED, SessionStatus.AUTHORISED}
RUNNING = BEFORE_DOSE | {SessionStatus.EXPERIENCE, SessionStatus.RECOVERY}
DOSED = frozenset(
    {SessionStatus.AUTHORISED, SessionStatus.EXPERIENCE, SessionStatus.RECOVERY}
)
ENDED = frozenset({SessionStatus.DISCHARGED, SessionStatus.ABORTED})
