"""Scheduling's routes."""

from services.scheduling.api import (
    appointments,
    calendars,
    clinics,
    courses,
    free_times,
    holds,
    resources,
    visit,
    waitlist,
)
from services.scheduling.api.base import routes

__all__ = [
    "appointments",
    "calendars",
    "clinics",
    "courses",
    "free_times",
    "holds",
    "resources",
    "routes",
    "visit",
    "waitlist",
]
