"""Tables of what people write after the fact: notes, adverse events, forms, tasks."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from services.sessions.domain.adverse_event import (
    AdverseEventStatus,
    Authority,
    Conclusion,
)
from services.sessions.domain.rems import RemsFormStatus
from services.sessions.models.tables import metadata
from shared.database import Document, UtcDateTime, words
from shared.privacy.columns import Sealed
from shared.rulepack import NotePart

ONE_DRAFT = "uq_note_drafts_session_id_part_author_id"
ONE_NOTE = "uq_notes_session_id_part_author_id"


def _of_session(name: str, *rest: Any) -> Table:
    """A table of records that belong to a session and its patient."""
    return Table(
        name,
        metadata,
        Column("id", Uuid(), primary_key=True),
        Column("clinic_id", Uuid(), nullable=False),
        Column("version", Integer, nullable=False),
        Column("session_id", Uuid(), ForeignKey("sessions.id"), nullable=False),
        Column("patient_id", Uuid(), nullable=False),
        *rest,
    )


note_drafts = _of_session(
    "note_drafts",
    Column("part", words(NotePart), nullable=False),
    Column("form", String(64), nullable=False),
    Column("author_id", Uuid(), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("content", Sealed(of=dict), nullable=False),
    Column("carried", Document, nullable=False),
    Column("carried_from", Uuid()),
    UniqueConstraint("session_id", "part", "author_id", name=ONE_DRAFT),
)

notes = _of_session(
    "notes",
    Column("part", words(NotePart), nullable=False),
    Column("form", String(64), nullable=False),
    Column("author_id", Uuid(), nullable=False),
    Column("content", Sealed(of=dict), nullable=False),
    Column("in_record", Boolean, nullable=False),
    Column("signed_at", UtcDateTime, nullable=False),
    Column("signature_hash", String(64), nullable=False),
    Column("needs_cosignature", Boolean, nullable=False),
    Column("cosigned_at", UtcDateTime),
    Column("cosigned_by", Uuid()),
    UniqueConstraint("session_id", "part", "author_id", name=ONE_NOTE),
    Index("ix_notes_patient_id_part_signed_at", "patient_id", "part", "signed_at"),
)

addenda = Table(
    "addenda",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("session_id", Uuid(), ForeignKey("sessions.id"), nullable=False),
    Column("note_id", Uuid(), ForeignKey("notes.id")),
    Column("text", Sealed(), nullable=False),
    Column("author_id", Uuid(), nullable=False),
    Column("signed_at", UtcDateTime, nullable=False),
    Column("signature_hash", String(64), nullable=False),
    Index("ix_addenda_session_id", "session_id"),
)
"""What was added to a signed note or, without one, to a signed record."""

adverse_events = _of_session(
    "adverse_events",
    Column("term", String(64), nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    Column("status", words(AdverseEventStatus), nullable=False),
    Column("suggested_by", String(64)),
    Column("revision", SmallInteger, nullable=False),
    Column("grade", SmallInteger),
    Column("serious", Boolean, nullable=False),
    Column("details", Sealed(of=dict)),
    Column("recorded_at", UtcDateTime),
    Column("recorded_by", Uuid()),
    Column("awaits_review", Boolean, nullable=False),
    Column("reviewed_at", UtcDateTime),
    Column("reviewed_by", Uuid()),
    Column("conclusion", words(Conclusion)),
    Column("review_note", Sealed()),
    Column("dismissed_at", UtcDateTime),
    Column("dismissed_by", Uuid()),
    Column("dismissed_because", Sealed()),
    Index("ix_adverse_events_session_id", "session_id"),
    Index("ix_adverse_events_patient_id", "patient_id"),
    Index("ix_adverse_events_clinic_id_status", "clinic_id", "status"),
)

adverse_event_revisions = Table(
    "adverse_event_revisions",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("adverse_event_id", Uuid(), ForeignKey("adverse_events.id"), nullable=False),
    Column("revision", SmallInteger, nullable=False),
    Column("details", Sealed(of=dict), nullable=False),
    Column("reason", Sealed()),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Uuid(), nullable=False),
    UniqueConstraint("adverse_event_id", "revision"),
)
"""Everything that was ever recorded of an adverse event; the last one stands."""

adverse_event_reports = Table(
    "adverse_event_reports",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("adverse_event_id", Uuid(), ForeignKey("adverse_events.id"), nullable=False),
    Column("authority", words(Authority), nullable=False),
    Column("filed_on", Date, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    Column("noted_by", Uuid(), nullable=False),
    Index("ix_adverse_event_reports_adverse_event_id", "adverse_event_id"),
)

rems_forms = _of_session(
    "rems_forms",
    Column("form", String(64), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("status", words(RemsFormStatus), nullable=False),
    Column("said", Sealed(of=dict), nullable=False),
    Column("content", Sealed(of=dict)),
    Column("submitted_on", Date),
    Column("submitted_at", UtcDateTime),
    Column("submitted_by", Uuid()),
    UniqueConstraint("session_id"),
    Index("ix_rems_forms_clinic_id_status", "clinic_id", "status"),
)

integration_tasks = Table(
    "integration_tasks",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("integration_id", Uuid(), ForeignKey("integrations.id"), nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("text", Sealed(), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
    Column("set_by", Uuid(), nullable=False),
    Column("done_at", UtcDateTime),
    Column("done_by", Uuid()),
    Index("ix_integration_tasks_patient_id", "patient_id"),
)
