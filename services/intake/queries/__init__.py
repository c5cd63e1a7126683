"""What screens and lists read of intake, a module for each subject."""

from services.intake.queries.care import (
    episode,
    measure,
    open_flags,
    page_of_episodes,
    screening_at,
)
from services.intake.queries.cohort import (
    LEAST,
    Span,
    clinic_cohort,
    network_cohort,
)
from services.intake.queries.consent_documents import (
    consent_document,
    consent_documents_of,
    consents_of,
    own_consents,
)
from services.intake.queries.coverage import coverages_of
from services.intake.queries.files import file_at, files_of
from services.intake.queries.medication import medication_list
from services.intake.queries.network import (
    clinic,
    known_elsewhere,
    knows_clinic,
    on_their_way,
    open_matches,
    shared_files,
    to_compare,
    transfers_of,
)
from services.intake.queries.outcome_tables import answers_csv, cohort_csv
from services.intake.queries.outcomes import outcomes
from services.intake.queries.own_forms import own_form, own_forms
from services.intake.queries.people import (
    contact,
    duplicates,
    duplicates_of,
    page_of_patients,
    patient,
    patients_at,
)
from services.intake.queries.questionnaires import instrument, instruments
from services.intake.queries.referrals import referral, referral_at
from services.intake.queries.rule_packs import (
    findings,
    pack_in_force,
    rule_pack,
    rule_packs,
)
from shared.reading import Row

__all__ = [
    "LEAST",
    "Row",
    "Span",
    "answers_csv",
    "clinic",
    "clinic_cohort",
    "cohort_csv",
    "consent_document",
    "consent_documents_of",
    "consents_of",
    "contact",
    "coverages_of",
    "duplicates",
    "duplicates_of",
    "episode",
    "file_at",
    "files_of",
    "findings",
    "instrument",
    "instruments",
    "known_elsewhere",
    "knows_clinic",
    "measure",
    "medication_list",
    "network_cohort",
    "on_their_way",
    "open_flags",
    "open_matches",
    "outcomes",
    "own_consents",
    "own_form",
    "own_forms",
    "pack_in_force",
    "page_of_episodes",
    "page_of_patients",
    "patient",
    "patients_at",
    "referral",
    "referral_at",
    "rule_pack",
    "rule_packs",
    "screening_at",
    "shared_files",
    "to_compare",
    "transfers_of",
]
