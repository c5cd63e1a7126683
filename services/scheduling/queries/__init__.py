"""What screens and lists read of scheduling, a module for each subject."""

from services.scheduling.queries.appointments import (
    appointment,
    day,
    facts_of,
    of_patient,
    open_integrations,
    overbooking,
    overlaps,
)
from services.scheduling.queries.clinics import (
    all_clinics,
    clinic,
    hours,
    pack_at_hand,
)
from services.scheduling.queries.free_times import free_in_network, free_times
from services.scheduling.queries.resources import all_resources, booked_on, resource
from services.scheduling.queries.visit import visit
from services.scheduling.queries.waitlist import offers_to, waitlist

__all__ = [
    "all_clinics",
    "all_resources",
    "appointment",
    "booked_on",
    "clinic",
    "day",
    "facts_of",
    "free_in_network",
    "free_times",
    "hours",
    "of_patient",
    "offers_to",
    "open_integrations",
    "overbooking",
    "overlaps",
    "pack_at_hand",
    "resource",
    "visit",
    "waitlist",
]
