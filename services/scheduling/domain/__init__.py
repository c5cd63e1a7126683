"""Scheduling's records and their rules, a module for each subject."""

from services.scheduling.domain.appointment import (
    AHEAD,
    BUNDLES,
    EARLIEST_ARRIVAL,
    PRESENT,
    Appointment,
    AppointmentStatus,
    AppointmentType,
    Claim,
    DoubleBookedError,
    NotReadyError,
    Patient,
    TooCloseError,
    TooEarlyError,
    WrongStateError,
)
from services.scheduling.domain.availability import STEP, Busy, Offer, Wish, offers
from services.scheduling.domain.clinic import Clinic, Resource, ResourceKind
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

__all__ = [
    "AHEAD",
    "BUNDLES",
    "EARLIEST_ARRIVAL",
    "PRESENT",
    "STEP",
    "WEEKDAYS",
    "Appointment",
    "AppointmentStatus",
    "AppointmentType",
    "Busy",
    "Claim",
    "Clinic",
    "ClosedError",
    "Closure",
    "DoubleBookedError",
    "IntegrationNeed",
    "IntegrationStatus",
    "NoSuchNeedError",
    "NotReadyError",
    "Offer",
    "Opening",
    "OutsideHoursError",
    "Patient",
    "Resource",
    "ResourceKind",
    "TooCloseError",
    "TooEarlyError",
    "Wish",
    "WrongStateError",
    "offers",
]
