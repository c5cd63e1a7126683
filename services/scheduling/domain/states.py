"""How far an appointment can come, what it can be for, and why something is refused."""

from enum import StrEnum

from shared.errors import ConflictError


class DoubleBookedError(ConflictError):
    """The room, a member of staff or the patient is taken at that time."""

    code = "double_booked"


class NotReadyError(ConflictError):
    """The patient is not ready for a dose at that time."""

    code = "not_ready"


class TooCloseError(ConflictError):
    """Another dose of this patient is too close to that time."""

    code = "too_close_to_another_dose"


class WrongStateError(ConflictError):
    """The appointment's present state does not allow this."""

    code = "wrong_state"


class NoRoomError(ConflictError):
    """It takes place by video: nobody comes."""

    code = "no_room"


class TooEarlyError(ConflictError):
    """It is too early to say this of the appointment."""

    code = "too_early"


class TooLateError(ConflictError):
    """It is too late to say this of the appointment."""

    code = "too_late"


class HoldExpiredError(ConflictError):
    """The time was not held any longer."""

    code = "hold_expired"


class RoomOccupiedError(ConflictError):
    """Somebody else is still in that room."""

    code = "room_occupied"


class AppointmentType(StrEnum):
    """What an appointment is for."""

    PREPARATION = "preparation"
    DOSING = "dosing"
    INTEGRATION = "integration"


class AppointmentMode(StrEnum):
    """How patient and staff meet."""

    IN_PERSON = "in_person"
    TELEHEALTH = "telehealth"


class AppointmentStatus(StrEnum):
    """How far an appointment has come."""

    HELD = "held"
    """Kept for a few minutes; it is booked, or given back."""
    PROVISIONAL = "provisional"
    """A dose booked before the patient is ready; it is booked once all facts hold."""
    BOOKED = "booked"
    CONFIRMED = "confirmed"
    """The patient comes; for a dose, somebody takes the patient home."""
    AT_RISK = "at_risk"
    RELEASED = "released"
    ARRIVED = "arrived"
    ROOMED = "roomed"
    IN_PROGRESS = "in_progress"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    """Moved: another appointment takes its place."""
    NO_SHOW = "no_show"


EXPECTED = frozenset(
    {AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED, AppointmentStatus.AT_RISK}
)
"""The patient is to come."""
AHEAD = EXPECTED | {AppointmentStatus.PROVISIONAL}
WAITING = frozenset({AppointmentStatus.ARRIVED, AppointmentStatus.ROOMED})
PRESENT = WAITING | {AppointmentStatus.IN_PROGRESS}
HOLDING = AHEAD | PRESENT | {AppointmentStatus.HELD}
"""What it needs is held for it."""
