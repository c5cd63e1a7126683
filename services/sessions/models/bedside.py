"""Tables of the bedside: what was reversed, limits, devices, emergencies, leaving."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Uuid, exists

from services.sessions.domain.emergency import EmergencyStep
from services.sessions.domain.vitals import ReversalReason
from services.sessions.models.tables import metadata, vitals
from shared.database import Document, UtcDateTime, words
from shared.privacy.columns import Sealed
from shared.rulepack import Measure, VitalsPhase

ONE_VITALS_REVERSAL = "uq_vitals_reversals_vitals_id"


def _of_session(name: str, *rest: Any) -> Table:
    """A table of what belongs to a session."""
    return _table(
        name,
        Column("session_id", Uuid(), ForeignKey("sessions.id"), nullable=False),
        *rest,
    )


def _record(name: str, *rest: Any) -> Table:
    """A table of aggregates."""
    return _table(name, Column("version", Integer, nullable=False), *rest)


def _table(name: str, *rest: Any) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Uuid(), primary_key=True),
        Column("clinic_id", Uuid(), nullable=False),
        *rest,
    )


vitals_reversals = _of_session(
    "vitals_reversals",
    Column("vitals_id", Uuid(), ForeignKey("vitals.id"), nullable=False, unique=True),
    Column("reason_code", words(ReversalReason), nullable=False),
    Column("reason", Sealed()),
    Column("reversed_at", UtcDateTime, nullable=False),
    Column("reversed_by", Uuid(), nullable=False),
    Index("ix_vitals_reversals_session_id", "session_id"),
)
"""Readings that do not count after all; the readings themselves stay as they are."""

is_counted = ~exists().where(vitals_reversals.c.vitals_id == vitals.c.id)
"""That a reading was not reversed."""

own_limits = _record(
    "own_limits",
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("order_id", Uuid(), ForeignKey("orders.id")),
    Column("measure", words(Measure), nullable=False),
    Column("phase", words(VitalsPhase), nullable=False),
    Column("bounds", Document, nullable=False),
    Column("reason", Sealed(), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
    Column("set_by", Uuid(), nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", Uuid()),
)

bedside_devices = _record(
    "bedside_devices",
    Column("session_id", Uuid(), ForeignKey("sessions.id"), nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("name", String(64), nullable=False),
    Column("code_hash", String(64), nullable=False, unique=True),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", Uuid(), nullable=False),
    Column("revoked_at", UtcDateTime),
    Index("ix_bedside_devices_session_id", "session_id"),
)

emergency_entries = _of_session(
    "emergency_entries",
    Column("step", words(EmergencyStep), nullable=False),
    Column("done_at", UtcDateTime, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    Column("noted_by", Uuid(), nullable=False),
    Column("note", Sealed()),
    Index("ix_emergency_entries_session_id", "session_id"),
)

discharge_checks = _of_session(
    "discharge_checks",
    Column("said", Document, nullable=False),
    Column("checked_at", UtcDateTime, nullable=False),
    Column("checked_by", Uuid(), nullable=False),
    Index("ix_discharge_checks_session_id", "session_id"),
)
"""What was seen of a patient who may leave; of two that say something, the later."""
