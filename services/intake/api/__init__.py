"""Intake's routes."""

from services.intake.api import (
    access,
    care,
    clearances,
    consent_documents,
    consents,
    coverage,
    duplicates,
    files,
    invitations,
    medication,
    network,
    outcomes,
    own_forms,
    people,
    questionnaires,
    referrals,
    rule_packs,
)
from services.intake.api.base import routes

__all__ = [
    "access",
    "care",
    "clearances",
    "consent_documents",
    "consents",
    "coverage",
    "duplicates",
    "files",
    "invitations",
    "medication",
    "network",
    "outcomes",
    "own_forms",
    "people",
    "questionnaires",
    "referrals",
    "routes",
    "rule_packs",
]
