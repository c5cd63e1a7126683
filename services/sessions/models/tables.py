"""The tables."""

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)

from services.sessions.domain.alert import AlertOutcome, AlertStatus, Severity
from services.sessions.domain.copies import AppointmentStatus
from services.sessions.domain.integration import IntegrationStatus
from services.sessions.domain.order import Drug, OrderStatus
from services.sessions.domain.states import SessionStatus
from shared.database import Document, UtcDateTime, new_metadata, words
from shared.facts import Facts
from shared.packs import Packs
from shared.privacy.columns import Sealed
from shared.privacy.keys import Purpose
from shared.rulepack import Decision, Route, Status, VitalsPhase

metadata = new_metadata()
packs = Packs(metadata)
facts = Facts(metadata, packs)

ONE_OPEN_ORDER = "uq_orders_patient_id_open"
ONE_PREPARATION = "uq_preparations_appointment_id"
ONE_SESSION = "uq_sessions_appointment_id"

_OPEN = text("status = 'open'")


def _record(name: str, *rest: Any) -> Table:
    """A table of aggregates."""
    return Table(
        name,
        metadata,
        Column("id", Uuid(), primary_key=True),
        Column("clinic_id", Uuid(), nullable=False),
        Column("version", Integer, nullable=False),
        *rest,
    )


def _part(name: str, *rest: Any) -> Table:
    """A table of what belongs to a session."""
    return Table(
        name,
        metadata,
        Column("id", Uuid(), primary_key=True),
        Column("session_id", Uuid(), ForeignKey("sessions.id"), nullable=False),
        Column("clinic_id", Uuid(), nullable=False),
        *rest,
    )


clinics = _record(
    "clinics",
    Column("alert_response_seconds", Integer, nullable=False),
    Column("time_zone", String(64)),
)

patients = _record("patients", Column("episode_id", Uuid(), nullable=False))

appointments = _record(
    "appointments",
    Column("patient_id", Uuid(), nullable=False),
    Column("episode_id", Uuid(), nullable=False),
    Column("type", String(64), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("status", words(AppointmentStatus), nullable=False),
)

orders = _record(
    "orders",
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("episode_id", Uuid(), nullable=False),
    Column("drug", words(Drug), nullable=False),
    Column("route", words(Route), nullable=False),
    Column("dose_ug", Integer, nullable=False),
    Column("max_doses", SmallInteger, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
    Column("reason", Sealed()),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("placed_by", Uuid(), nullable=False),
    Column("doses_given", SmallInteger, nullable=False),
    Column("status", words(OrderStatus), nullable=False),
    Column("lowest_ug", Integer),
    Column("highest_ug", Integer),
    Column("concentration_mg_per_ml", Float),
    Column("weight_kg", Float),
    Index(
        ONE_OPEN_ORDER,
        "patient_id",
        unique=True,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    ),
)

weights = _record(
    "weights",
    Column("patient_id", Uuid(), nullable=False),
    Column("weight_kg", Float, nullable=False),
    Column("measured_at", UtcDateTime, nullable=False),
    Column("measured_by", Uuid(), nullable=False),
    Index("ix_weights_patient_id_measured_at", "patient_id", "measured_at"),
)

preparations = _record(
    "preparations",
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("episode_id", Uuid(), nullable=False),
    Column("appointment_id", Uuid(), nullable=False, unique=True),
    Column("note", Sealed()),
    Column("completed_at", UtcDateTime, nullable=False),
    Column("completed_by", Uuid(), nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
)

sessions = _record(
    "sessions",
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("episode_id", Uuid(), nullable=False),
    Column("appointment_id", Uuid(), nullable=False, unique=True),
    Column("order_id", Uuid(), ForeignKey("orders.id"), nullable=False),
    Column("route", words(Route), nullable=False),
    Column("identifiers_checked", Document, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("opened_by", Uuid(), nullable=False),
    Column("status", words(SessionStatus), nullable=False),
    Column("outcome", words(Decision)),
    Column("hold_reasons", Document, nullable=False),
    Column("baseline", Document, nullable=False),
    Column("limits", Document),
    Column("first_dose_at", UtcDateTime),
    Column("last_dose_at", UtcDateTime),
    Column("recovery_at", UtcDateTime),
    Column("criteria_met_at", UtcDateTime),
    Column("escort_missing_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("ended_by", Uuid()),
    Column("discharge_record", Sealed(of=dict)),
    Column("abort_record", Document),
    Column("signed_at", UtcDateTime),
    Column("signed_by", Uuid()),
    Column("signature_hash", String(64)),
    Index("ix_sessions_clinic_id_status", "clinic_id", "status"),
)

prechecks = _part(
    "prechecks",
    Column("checked_at", UtcDateTime, nullable=False),
    Column("checked_by", Uuid(), nullable=False),
    Column("fasting", Boolean, nullable=False),
    Column("pregnancy_excluded", Boolean, nullable=False),
    Column("medication_changed", Boolean, nullable=False),
    Column("sedative_taken", Boolean, nullable=False),
    Column("escort_confirmed", Boolean, nullable=False),
    Column("outcome", words(Decision), nullable=False),
    Column("reasons", Document, nullable=False),
    Column("rule_codes", Document, nullable=False),
    Column("pressure_held", Boolean, nullable=False),
    Index("ix_prechecks_session_id", "session_id"),
)

authorisations = _part(
    "authorisations",
    Column("order_id", Uuid(), ForeignKey("orders.id"), nullable=False),
    Column("ordered_ug", Integer, nullable=False),
    Column("authorised_at", UtcDateTime, nullable=False),
    Column("authorised_by", Uuid(), nullable=False),
    Column("outcome", words(Decision), nullable=False),
    Column("override_reason", Sealed()),
    Column("readiness", Document, nullable=False),
    Column("prescriber_on_site", Boolean),
    Column("stale_reason", Sealed()),
    Index("ix_authorisations_session_id", "session_id"),
)

doses = _part(
    "doses",
    Column("seq", SmallInteger, nullable=False),
    Column("order_id", Uuid(), ForeignKey("orders.id"), nullable=False),
    Column("given_ug", Integer, nullable=False),
    Column("drawn_ug", Integer, nullable=False),
    Column("wasted_ug", Integer, nullable=False),
    Column("lot", String(64), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("given_by", Uuid(), nullable=False),
    Column("witness_id", Uuid()),
    Column("authorisation_id", Uuid()),
    Column("verifier_id", Uuid()),
    UniqueConstraint("session_id", "seq"),
    CheckConstraint(
        "drawn_ug = given_ug + wasted_ug and given_ug > 0 and wasted_ug >= 0",
        "amounts_add_up",
    ),
)

vitals = _record(
    "vitals",
    Column("session_id", Uuid(), ForeignKey("sessions.id"), nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("phase", words(VitalsPhase), nullable=False),
    Column("status", words(Status), nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Uuid(), nullable=False),
    Column("ratings", Document, nullable=False),
    Column("rule_pack", String(64), nullable=False),
    Column("late_reason", Sealed()),
    Column("alert_id", Uuid()),
    Column("systolic_mmhg", Float),
    Column("diastolic_mmhg", Float),
    Column("heart_rate_bpm", Float),
    Column("spo2_percent", Float),
    Column("respiratory_rate_bpm", Float),
    Column("moaas", SmallInteger),
    Column("distress", SmallInteger),
    Column("device_id", Uuid()),
    Index("ix_vitals_session_id_taken_at", "session_id", "taken_at"),
)

treatment_consents = Table(
    "treatment_consents",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("document_version", String(64), nullable=False),
)
"""To which document a consent was signed; whether it holds, the facts say."""

alerts = _record(
    "alerts",
    Column("session_id", Uuid(), ForeignKey("sessions.id"), nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("severity", words(Severity), nullable=False),
    Column("rule_code", String(64), nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("status", words(AlertStatus), nullable=False),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", Uuid()),
    Column("note", Sealed()),
    Column("recheck_due_at", UtcDateTime),
    Column("resolution", words(AlertOutcome)),
    Column("resolved_at", UtcDateTime),
    Column("resolved_by", Uuid()),
    Column("resolved_note", Sealed()),
    Index("ix_alerts_session_id", "session_id"),
    Index("ix_alerts_clinic_id_status", "clinic_id", "status"),
    Index(
        "uq_alerts_session_id_rule_code_open",
        "session_id",
        "rule_code",
        unique=True,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    ),
)

integrations = _record(
    "integrations",
    Column("session_id", Uuid(), ForeignKey("sessions.id"), nullable=False),
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("episode_id", Uuid(), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("late_at", UtcDateTime, nullable=False),
    Column("status", words(IntegrationStatus), nullable=False),
    Column("completed_at", UtcDateTime),
    Column("completed_by", Uuid()),
    Column("note", Sealed()),
    UniqueConstraint("session_id"),
)

process_notes = Table(
    "process_notes",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("session_id", Uuid(), ForeignKey("sessions.id"), nullable=False),
    Column("author_id", Uuid(), nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("note", Sealed(purpose=Purpose.PROCESS_NOTES), nullable=False),
    Index("ix_process_notes_session_id_author_id", "session_id", "author_id"),
)
"""What a therapist notes for nobody else. It is no part of the record: no signature
covers it, no event tells of it, nothing but the two routes of its author reads it."""
