"""Tables of what was asked and answered, and what alarmed."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from services.intake.domain import FlagLevel, MeasureContext
from services.intake.models.base import metadata, of, own, record
from shared.database import Document, UtcDateTime, words
from shared.privacy.columns import Sealed

measures = Table(
    "measures",
    metadata,
    *record(),
    Column("patient_id", Uuid(), nullable=False),
    of("episodes"),
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
    *own(),
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
    *own(),
    of("episodes"),
    Column("answers", Document, nullable=False),
    Column("recorded_by", Uuid(), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

safety_flags = Table(
    "safety_flags",
    metadata,
    *record(),
    Column("patient_id", Uuid(), nullable=False),
    of("episodes"),
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

form_drafts = Table(
    "form_drafts",
    metadata,
    *own(),
    Column("patient_id", Uuid(), nullable=False),
    Column("instrument", String(64), nullable=False),
    Column("answers", Sealed(person="patient_id", of=dict), nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    UniqueConstraint("clinic_id", "patient_id", "instrument"),
)
