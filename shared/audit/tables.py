"""The audit trail's tables. They are the same in every service's database."""

from sqlalchemy import Column, Index, Integer, String, Table, Uuid, text

from shared.database import Document, Serial, UtcDateTime
from shared.mailbox.tables import metadata

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", Uuid(), nullable=False),
    Column("roles", String(200), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("action", String(160), nullable=False),
    Column("record_type", String(64)),
    Column("record_id", Uuid()),
    Column("patients", Document, nullable=False),
    Column("request_id", Uuid(), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("mac", String(64), nullable=False),
    # Filled in once, by whoever seals.
    Column("position", Serial),
    Column("previous_id", Uuid()),
    Column("seal", String(64)),
    Index("ix_audit_log_clinic_id_at", "clinic_id", "at"),
    Index(
        "ix_audit_log_unsealed",
        "id",
        postgresql_where=text("position is null"),
        sqlite_where=text("position is null"),
    ),
    Index("uq_audit_log_clinic_id_position", "clinic_id", "position", unique=True),
)

audit_anchors = Table(
    "audit_anchors",
    metadata,
    Column("clinic_id", Uuid(), primary_key=True),
    Column("position", Serial, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("seal", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
