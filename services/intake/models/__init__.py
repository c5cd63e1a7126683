"""Intake's tables, and the mapping of its domain onto them."""

from services.intake.models import mapping
from services.intake.models.answers import (
    ONE_EDITION,
    form_drafts,
    measures,
    questionnaires,
    safety_flags,
    screens,
)
from services.intake.models.base import metadata
from services.intake.models.care import (
    clearances,
    consents,
    decisions,
    episodes,
    no_shows,
)
from services.intake.models.courses import courses, integrations, treatments
from services.intake.models.coverage import episode_coverages, used_units
from services.intake.models.documents import ONE_DOCUMENT, consent_documents
from services.intake.models.files import file_contents, file_links, files
from services.intake.models.medication import list_entries, reconciliations
from services.intake.models.people import (
    ONE_DISTINCTION,
    ONE_REFERRAL,
    clinics,
    codings,
    coverages,
    distinctions,
    emergency_accesses,
    invitations,
    matches,
    patient_links,
    patients,
    referrals,
    transfers,
)
from services.intake.models.rules import (
    ONE_PACK,
    pack_editions,
    packs,
    trial_findings,
    trials,
)

__all__ = [
    "ONE_DISTINCTION",
    "ONE_DOCUMENT",
    "ONE_EDITION",
    "ONE_PACK",
    "ONE_REFERRAL",
    "clearances",
    "clinics",
    "codings",
    "consent_documents",
    "consents",
    "courses",
    "coverages",
    "decisions",
    "distinctions",
    "emergency_accesses",
    "episode_coverages",
    "episodes",
    "file_contents",
    "file_links",
    "files",
    "form_drafts",
    "integrations",
    "invitations",
    "list_entries",
    "mapping",
    "matches",
    "measures",
    "metadata",
    "no_shows",
    "pack_editions",
    "packs",
    "patient_links",
    "patients",
    "questionnaires",
    "reconciliations",
    "referrals",
    "safety_flags",
    "screens",
    "transfers",
    "treatments",
    "trial_findings",
    "trials",
    "used_units",
]
