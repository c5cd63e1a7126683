"""Tables of an episode of care: decided, consented, cleared."""

from sqlalchemy import Column, Index, Integer, String, Table, Uuid

from services.intake.domain import (
    ConsentType,
    DecisionKind,
    EndCause,
    EpisodeStatus,
    LapseCause,
)
from services.intake.models.base import metadata, of, own, record
from shared.database import Document, UtcDateTime, words
from shared.privacy.columns import Sealed

episodes = Table(
    "episodes",
    metadata,
    *record(),
    of("patients"),
    Column("status", words(EpisodeStatus), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("reminders", Integer, nullable=False),
    Column("eligible_until", UtcDateTime),
    Column("ready_since", UtcDateTime),
    Column("crisis_since", UtcDateTime),
    Column("prepared_at", UtcDateTime),
    Column("paused_at", UtcDateTime),
    Column("pause_reason", String(64)),
    Column("maintenance_since", UtcDateTime),
    Column("review_due_at", UtcDateTime),
    Column("appealed_at", UtcDateTime),
    Column("not_by", Uuid()),
    Column("ended_at", UtcDateTime),
    Index("ix_episodes_clinic_id_status_id", "clinic_id", "status", "id"),
    Index("ix_episodes_clinic_id_id", "clinic_id", "id"),
)

decisions = Table(
    "decisions",
    metadata,
    *own(),
    of("episodes"),
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
    Column("due_at", UtcDateTime),
    Column("signature_hash", String(64), nullable=False),
)

no_shows = Table(
    "no_shows",
    metadata,
    *own(),
    of("episodes"),
    Column("noted_at", UtcDateTime, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    *record(),
    Column("patient_id", Uuid(), nullable=False),
    of("episodes"),
    Column("type", words(ConsentType), nullable=False),
    Column("document_version", String(64), nullable=False),
    Column("recorded_by", Uuid(), nullable=False),
    Column("signed_at", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
    Column("items", Document),
    Column("signed_name", Sealed(person="patient_id")),
    Column("witness_id", Uuid()),
    Column("witness_name", Sealed()),
    Column("witnessed_at", UtcDateTime),
    Column("file_id", Uuid()),
    Column("paper_digest", String(64)),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", Uuid()),
    Column("ended_at", UtcDateTime),
    Column("end_cause", words(EndCause)),
    Index("ix_consents_clinic_id_document_version", "clinic_id", "document_version"),
)

clearances = Table(
    "clearances",
    metadata,
    *record(),
    Column("patient_id", Uuid(), nullable=False),
    of("episodes"),
    Column("note", Sealed()),
    Column("findings", Sealed(of=dict)),
    Column("granted_by", Uuid(), nullable=False),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
    Column("lapsed_at", UtcDateTime),
    Column("lapsed_by", Uuid()),
    Column("lapse_cause", words(LapseCause)),
)
