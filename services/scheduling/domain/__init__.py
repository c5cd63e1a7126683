"""Scheduling's records and their rules, a module for each subject."""

from services.scheduling.domain.appointment import (
    AHEAD,
    EARLIEST_ARRIVAL,
    PRESENT,
    Appointment,
    AppointmentMode,
    AppointmentStatus,
    AppointmentType,
    Claim,
    DoubleBookedError,
    NoRoomError,
    NotReadyError,
    Patient,
    TooCloseError,
    TooEarlyError,
    WrongStateError,
)
from services.scheduling.domain.availability import STEP, Busy, Offer, Wish, offers
from services.scheduling.domain.clinic import Clinic
from services.scheduling.domain.duty import (
    MOST_ABSENCES,
    MOST_LICENCES,
    Absence,
    Duty,
    Licence,
    LicenceExpiredError,
    LicenceMissingError,
    OffDutyError,
    TooManyError,
    first_time,
)
from services.scheduling.domain.hours import (
    WEEKDAYS,
    ClosedError,
    Closure,
    Opening,
    OutsideHoursError,
)
from services.scheduling.domain.integration import (
    IntegrationNeed,
    IntegrationStatus,
    NoSuchNeedError,
)
from services.scheduling.domain.resource import Resource, RetiredError
from services.scheduling.domain.shift import A_DAYS_MINUTES, MOST_SHIFTS, Shift
from services.scheduling.domain.windows import Window
from shared.rulepack import ResourceKind

__all__ = [
    "AHEAD",
    "A_DAYS_MINUTES",
    "EARLIEST_ARRIVAL",
    "MOST_ABSENCES",
    "MOST_LICENCES",
    "MOST_SHIFTS",
    "PRESENT",
    "STEP",
    "WEEKDAYS",
    "Absence",
    "Appointment",
    "AppointmentMode",
    "AppointmentStatus",
    "AppointmentType",
    "Busy",
    "Claim",
    "Clinic",
    "ClosedError",
    "Closure",
    "DoubleBookedError",
    "Duty",
    "IntegrationNeed",
    "IntegrationStatus",
    "Licence",
    "LicenceExpiredError",
    "LicenceMissingError",
    "NoRoomError",
    "NoSuchNeedError",
    "NotReadyError",
    "OffDutyError",
    "Offer",
    "Opening",
    "OutsideHoursError",
    "Patient",
    "Resource",
    "ResourceKind",
    "RetiredError",
    "Shift",
    "TooCloseError",
    "TooEarlyError",
    "TooManyError",
    "Window",
    "Wish",
    "WrongStateError",
    "first_time",
    "offers",
]
