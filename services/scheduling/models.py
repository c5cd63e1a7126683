"""Scheduling's tables, and the mapping of its domain onto them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Uuid,
)
from sqlalchemy.orm import registry, relationship

from services.scheduling.domain import (
    Appointment,
    AppointmentStatus,
    AppointmentType,
    Claim,
    Clinic,
    Closure,
    IntegrationNeed,
    IntegrationStatus,
    Patient,
    Resource,
    ResourceKind,
)
from shared.database import Document, UtcDateTime, new_metadata, words
from shared.facts import Facts
from shared.packs import Packs
from shared.privacy.columns import Sealed

metadata = new_metadata()
packs = Packs(metadata)
facts = Facts(metadata, packs)

clinics = Table(
    "clinics",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String(120), nullable=False, unique=True),
    Column("time_zone", String(64), nullable=False),
    Column("alert_response_seconds", Integer, nullable=False),
    Column("hours", Document),
)

resources = Table(
    "resources",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("kind", words(ResourceKind), nullable=False),
    Column("name", Sealed(), nullable=False),
)

patients = Table(
    "patients",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("episode_id", Uuid(), nullable=False),
)

appointments = Table(
    "appointments",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("episode_id", Uuid(), nullable=False),
    Column("type", words(AppointmentType), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("status", words(AppointmentStatus), nullable=False),
    Column("escort_confirmed", Boolean, nullable=False),
    Column("integration_id", Uuid()),
    Column("replaces", Uuid()),
    CheckConstraint("ends_at > starts_at", "ends_after_start"),
    Index("ix_appointments_clinic_id_starts_at", "clinic_id", "starts_at"),
)

claims = Table(
    "claims",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column(
        "appointment_id",
        Uuid(),
        ForeignKey("appointments.id"),
        nullable=False,
        index=True,
    ),
    Column("clinic_id", Uuid(), nullable=False),
    Column("resource_id", Uuid(), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("active", Boolean, nullable=False),
    Index("ix_claims_resource_id_starts_at", "resource_id", "starts_at"),
)
NO_OVERLAP = "ex_claims_no_overlap"
"""The migration makes the database refuse overlapping active claims by this name."""

closures = Table(
    "closures",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("reason_code", String(64), nullable=False),
)

integration_needs = Table(
    "integration_needs",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("session_id", Uuid(), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("late_at", UtcDateTime, nullable=False),
    Column("status", words(IntegrationStatus), nullable=False),
)

_mapper = registry()
for _kind, _table in (
    (Clinic, clinics),
    (Resource, resources),
    (Patient, patients),
    (IntegrationNeed, integration_needs),
    (Closure, closures),
):
    _mapper.map_imperatively(
        _kind, _table, version_id_col=_table.c.version, version_id_generator=False
    )
_mapper.map_imperatively(Claim, claims)
_mapper.map_imperatively(
    Appointment,
    appointments,
    version_id_col=appointments.c.version,
    version_id_generator=False,
    properties={"claims": relationship(Claim, order_by=claims.c.resource_id)},
)
