"""Intake's routes."""

from services.intake.api import access, care, people
from services.intake.api.base import routes

__all__ = ["access", "care", "people", "routes"]
