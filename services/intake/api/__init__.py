"""Intake's routes."""

from services.intake.api import access, care, consent_documents, people, questionnaires
from services.intake.api.base import routes

__all__ = ["access", "care", "consent_documents", "people", "questionnaires", "routes"]
