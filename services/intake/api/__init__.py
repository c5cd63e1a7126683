"""Intake's routes."""

from services.intake.api import access, care, people, questionnaires
from services.intake.api.base import routes

__all__ = ["access", "care", "people", "questionnaires", "routes"]
