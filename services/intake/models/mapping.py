"""Which of intake's records is kept in which table."""

from sqlalchemy.orm import registry, relationship

from services.intake.domain import (
    Clearance,
    Clinic,
    Coding,
    Consent,
    ConsentDocument,
    Coverage,
    Decision,
    Distinction,
    EmergencyAccess,
    Episode,
    EpisodeCoverage,
    File,
    FileContent,
    FileLink,
    FormDraft,
    Invitation,
    ListEntry,
    Match,
    Measure,
    NoShow,
    PackEdition,
    Patient,
    PatientLink,
    Questionnaire,
    Reconciliation,
    Referral,
    SafetyFlag,
    Screen,
    Transfer,
    Trial,
    TrialFinding,
    UsedUnit,
)
from services.intake.models.answers import (
    form_drafts,
    measures,
    questionnaires,
    safety_flags,
    screens,
)
from services.intake.models.care import (
    clearances,
    consents,
    decisions,
    episodes,
    no_shows,
)
from services.intake.models.coverage import episode_coverages, used_units
from services.intake.models.documents import consent_documents
from services.intake.models.files import file_contents, file_links, files
from services.intake.models.medication import list_entries, reconciliations
from services.intake.models.people import (
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
from services.intake.models.rules import pack_editions, trial_findings, trials

_mapper = registry()
for _part, _table in (
    (Coding, codings),
    (Coverage, coverages),
    (Screen, screens),
    (Decision, decisions),
    (NoShow, no_shows),
    (Questionnaire, questionnaires),
    (Distinction, distinctions),
    (TrialFinding, trial_findings),
    (Reconciliation, reconciliations),
    (UsedUnit, used_units),
    (FormDraft, form_drafts),
    (FileContent, file_contents),
):
    _mapper.map_imperatively(_part, _table)
for _kind, _table, _parts in (
    (Clinic, clinics, {}),
    (Patient, patients, {}),
    (
        Referral,
        referrals,
        {"codings": relationship(Coding), "coverages": relationship(Coverage)},
    ),
    (
        Episode,
        episodes,
        {
            "screens": relationship(Screen, order_by=screens.c.id),
            "decisions": relationship(Decision, order_by=decisions.c.id),
            "no_shows": relationship(NoShow, order_by=no_shows.c.noted_at),
        },
    ),
    (
        EpisodeCoverage,
        episode_coverages,
        {"used": relationship(UsedUnit, order_by=used_units.c.used_at)},
    ),
    (Measure, measures, {}),
    (SafetyFlag, safety_flags, {}),
    (Consent, consents, {}),
    (ConsentDocument, consent_documents, {}),
    (Clearance, clearances, {}),
    (EmergencyAccess, emergency_accesses, {}),
    (PatientLink, patient_links, {}),
    (Invitation, invitations, {}),
    (ListEntry, list_entries, {}),
    (File, files, {}),
    (Match, matches, {}),
    (Transfer, transfers, {}),
    (FileLink, file_links, {}),
    (PackEdition, pack_editions, {}),
    (Trial, trials, {}),
):
    _mapper.map_imperatively(
        _kind,
        _table,
        version_id_col=_table.c.version,
        version_id_generator=False,
        properties=_parts,
    )
