"""Scheduling's routes."""

from services.scheduling.api import appointments, clinics, free_times, resources
from services.scheduling.api.base import routes

__all__ = ["appointments", "clinics", "free_times", "resources", "routes"]
