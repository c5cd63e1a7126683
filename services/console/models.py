"""The console's read model: what happened, in order, and where the clinics' clocks are.

`data` is what the event tells: ids, codes and times, as events have nothing else.
"""

from sqlalchemy import Column, Index, Integer, String, Table, Uuid

from shared.database import Document, UtcDateTime, new_metadata, words
from shared.events import Sensitivity

metadata = new_metadata()

timeline = Table(
    "timeline",
    metadata,
    Column("event_id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("name", String(96), nullable=False),
    Column("sensitivity", words(Sensitivity), nullable=False),
    Column("patient_id", Uuid()),
    Column("session_id", Uuid()),
    Column("appointment_id", Uuid()),
    Column("aggregate_type", String(64), nullable=False),
    Column("aggregate_id", Uuid(), nullable=False),
    Column("aggregate_version", Integer, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("correlation_id", Uuid()),
    Column("causation_id", Uuid()),
    Column("traceparent", String(64)),
    Column("data", Document, nullable=False),
    Index("ix_timeline_clinic_id_occurred_at", "clinic_id", "occurred_at"),
    Index(
        "ix_timeline_clinic_id_patient_id_occurred_at",
        "clinic_id",
        "patient_id",
        "occurred_at",
    ),
    Index("ix_timeline_clinic_id_correlation_id", "clinic_id", "correlation_id"),
    Index(
        "ix_timeline_clinic_id_session_id_occurred_at",
        "clinic_id",
        "session_id",
        "occurred_at",
    ),
)

clinics = Table(
    "clinics",
    metadata,
    Column("clinic_id", Uuid(), primary_key=True),
    Column("time_zone", String(64), nullable=False),
)
