"""Intake's tables, and the mapping of its domain onto them."""

from datetime import date

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import registry, relationship

from services.intake.domain import (
    Channel,
    Clearance,
    Clinic,
    Coding,
    CodingKind,
    Consent,
    ConsentType,
    Coverage,
    Decision,
    DecisionKind,
    EmergencyAccess,
    Episode,
    EpisodeStatus,
    FlagLevel,
    Measure,
    MeasureContext,
    NoShow,
    Patient,
    PatientLink,
    Questionnaire,
    Referral,
    SafetyFlag,
    Screen,
)
from shared.database import Document, UtcDateTime, new_metadata, words
from shared.privacy.columns import Sealed

metadata = new_metadata()

INDEX = 64
"""The length of a blind index."""


def _own() -> list[Column[object]]:
    return [
        Column("id", Uuid(), primary_key=True),
        Column("clinic_id", Uuid(), nullable=False),
    ]


def _record() -> list[Column[object]]:
    return [*_own(), Column("version", Integer, nullable=False)]


def _of(table: str) -> Column[object]:
    """The id of the record a row belongs to."""
    return Column(
        f"{table.removesuffix('s')}_id",
        Uuid(),
        ForeignKey(f"{table}.id"),
        nullable=False,
        index=True,
    )


clinics = Table(
    "clinics", metadata, *_record(), Column("time_zone", String(64), nullable=False)
)

patients = Table(
    "patients",
    metadata,
    *_record(),
    Column("episode_id", Uuid(), nullable=False),
    Column("given_name", Sealed(person="id"), nullable=False),
    Column("family_name", Sealed(person="id"), nullable=False),
    Column("birth_date", Sealed(person="id", of=date), nullable=False),
    Column("email", Sealed(person="id")),
    Column("phone", Sealed(person="id")),
    Column("time_zone", String(64), nullable=False),
    Column("channel", words(Channel), nullable=False),
    Column("registered_at", UtcDateTime, nullable=False),
    Column("name_index", String(INDEX)),
    Column("email_index", String(INDEX)),
    Column("phone_index", String(INDEX)),
    Column("erased_at", UtcDateTime),
    Column("erased_by", Uuid()),
    Column("erased_because", Sealed()),
    Index("ix_patients_clinic_id_id", "clinic_id", "id"),
    Index("ix_patients_clinic_id_name_index", "clinic_id", "name_index"),
    Index("ix_patients_clinic_id_email_index", "clinic_id", "email_index"),
    Index("ix_patients_clinic_id_phone_index", "clinic_id", "phone_index"),
)

referrals = Table(
    "referrals",
    metadata,
    *_record(),
    _of("patients"),
    Column("source_type", String(64), nullable=False),
    Column("identifier_system", Sealed(person="patient_id"), nullable=False),
    Column("identifier_value", Sealed(person="patient_id"), nullable=False),
    Column("identifier_index", String(INDEX)),
    Column("letter_reference", Sealed(person="patient_id")),
    Column("received_at", UtcDateTime, nullable=False),
    UniqueConstraint("clinic_id", "identifier_index"),
)
ONE_REFERRAL = "uq_referrals_clinic_id_identifier_index"

codings = Table(
    "codings",
    metadata,
    *_own(),
    _of("referrals"),
    Column("kind", words(CodingKind), nullable=False),
    Column("system", Sealed(), nullable=False),
    Column("code", Sealed(), nullable=False),
    Column("display", Sealed(), nullable=False),
)

coverages = Table(
    "coverages",
    metadata,
    *_own(),
    _of("referrals"),
    Column("patient_id", Uuid(), nullable=False),
    Column("payer", Sealed(person="patient_id"), nullable=False),
    Column("member_id", Sealed(person="patient_id")),
)

episodes = Table(
    "episodes",
    metadata,
    *_record(),
    _of("patients"),
    Column("status", words(EpisodeStatus), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("eligible_until", UtcDateTime),
    Column("prepared_at", UtcDateTime),
    Column("paused_at", UtcDateTime),
    Column("pause_reason", String(64)),
    Column("maintenance_since", UtcDateTime),
    Column("review_due_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
)

measures = Table(
    "measures",
    metadata,
    *_record(),
    Column("patient_id", Uuid(), nullable=False),
    _of("episodes"),
    Column("instrument", String(64), nullable=False),
    Column("instrument_version", String(64), nullable=False),
    Column("context", words(MeasureContext), nullable=False),
    Column("answers", Document, nullable=False),
    Column("total", Integer),
    Column("band", String(64)),
    Column("level", String(64)),
    Column("findings", Document, nullable=False),
    Column("trends", Document, nullable=False),
    Column("alert", Boolean, nullable=False),
    Column("recorded_by", Uuid(), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("follow_up", String(64)),
    Column("safety_flag_id", Uuid()),
)

questionnaires = Table(
    "questionnaires",
    metadata,
    *_own(),
    Column("code", String(64), nullable=False),
    Column("edition", String(64), nullable=False),
    Column("definition", Document, nullable=False),
    Column("made_by", Uuid(), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    UniqueConstraint("clinic_id", "code", "edition"),
)
ONE_EDITION = "uq_questionnaires_clinic_id_code_edition"

screens = Table(
    "screens",
    metadata,
    *_own(),
    _of("episodes"),
    Column("answers", Document, nullable=False),
    Column("recorded_by", Uuid(), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

safety_flags = Table(
    "safety_flags",
    metadata,
    *_record(),
    Column("patient_id", Uuid(), nullable=False),
    _of("episodes"),
    Column("measure_id", Uuid(), nullable=False),
    Column("level", words(FlagLevel), nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("cleared_at", UtcDateTime),
    Column("cleared_by", Uuid()),
    Column("note", Sealed()),
    Column("escalated_at", UtcDateTime),
    Index("ix_safety_flags_clinic_id_cleared_at", "clinic_id", "cleared_at"),
)

decisions = Table(
    "decisions",
    metadata,
    *_own(),
    _of("episodes"),
    Column("kind", words(DecisionKind), nullable=False),
    Column("reason_codes", Document, nullable=False),
    Column("missing", Document, nullable=False),
    Column("override_reason", Sealed()),
    Column("outcome", String(32), nullable=False),
    Column("rule_pack", String(64), nullable=False),
    Column("screen_id", Uuid()),
    Column("signed_by", Uuid(), nullable=False),
    Column("signed_at", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime),
    Column("signature_hash", String(64), nullable=False),
)

no_shows = Table(
    "no_shows",
    metadata,
    *_own(),
    _of("episodes"),
    Column("noted_at", UtcDateTime, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    *_record(),
    Column("patient_id", Uuid(), nullable=False),
    _of("episodes"),
    Column("type", words(ConsentType), nullable=False),
    Column("document_version", String(64), nullable=False),
    Column("witness_id", Uuid(), nullable=False),
    Column("recorded_by", Uuid(), nullable=False),
    Column("signed_at", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", Uuid()),
)

clearances = Table(
    "clearances",
    metadata,
    *_record(),
    Column("patient_id", Uuid(), nullable=False),
    _of("episodes"),
    Column("note", Sealed()),
    Column("granted_by", Uuid(), nullable=False),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
)

emergency_accesses = Table(
    "emergency_accesses",
    metadata,
    *_record(),
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("person_id", Uuid(), nullable=False),
    Column("reason", Sealed(), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

patient_links = Table(
    "patient_links",
    metadata,
    *_record(),
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("made_by", Uuid(), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

_mapper = registry()
for _part, _table in (
    (Coding, codings),
    (Coverage, coverages),
    (Screen, screens),
    (Decision, decisions),
    (NoShow, no_shows),
    (Questionnaire, questionnaires),
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
    (Measure, measures, {}),
    (SafetyFlag, safety_flags, {}),
    (Consent, consents, {}),
    (Clearance, clearances, {}),
    (EmergencyAccess, emergency_accesses, {}),
    (PatientLink, patient_links, {}),
):
    _mapper.map_imperatively(
        _kind,
        _table,
        version_id_col=_table.c.version,
        version_id_generator=False,
        properties=_parts,
    )
