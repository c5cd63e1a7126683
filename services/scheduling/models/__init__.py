"""Scheduling's tables, and the mapping of its domain onto them."""

from uuid import UUID

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
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import registry, relationship

from services.scheduling.domain import (
    Absence,
    Appointment,
    AppointmentMode,
    AppointmentStatus,
    AppointmentType,
    Claim,
    Clinic,
    Closure,
    EntryStatus,
    IntegrationNeed,
    IntegrationStatus,
    Licence,
    Patient,
    Resource,
    ResourceKind,
    Visit,
    WaitlistEntry,
)
from services.scheduling.models import calendar as calendar
from services.scheduling.models import course as course
from services.scheduling.models.base import facts as facts
from services.scheduling.models.base import metadata as metadata
from services.scheduling.models.base import packs as packs
from shared.database import Document, UtcDateTime, words
from shared.privacy.columns import Sealed
from shared.readiness import Gate
from shared.rulepack import Route

_IS_HELD, _IS_ACTIVE = text("status = 'held'"), text("active")


def _of_resource() -> Column[UUID]:
    return Column(
        "resource_id", Uuid(), ForeignKey("resources.id"), nullable=False, index=True
    )


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
    Column("person_id", Uuid()),
    Column("roster", Document),
    Column("retired_at", UtcDateTime),
)

absences = Table(
    "absences",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    _of_resource(),
    Column("begins_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("reason_code", String(64), nullable=False),
    Column("rrule", Text()),
    Column("over_at", UtcDateTime),
    Index("ix_absences_clinic_id_over_at", "clinic_id", "over_at"),
)

licences = Table(
    "licences",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False, index=True),
    _of_resource(),
    Column("code", String(64), nullable=False),
    Column("number", Sealed(), nullable=False),
    Column("valid_until", Date, nullable=False),
    UniqueConstraint("resource_id", "code"),
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
    Column("mode", words(AppointmentMode), nullable=False, server_default="in_person"),
    Column("route", words(Route)),
    Column("waitlist_entry_id", Uuid(), index=True),
    Column("expires_at", UtcDateTime),
    Column("gate", words(Gate), nullable=False),
    Column("missing", Document, nullable=False),
    Column("owner_role", String(32)),
    Column("cutoff_at", UtcDateTime),
    Column("fasting_told", Boolean, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("arrived_at", UtcDateTime),
    Column("roomed_at", UtcDateTime),
    Column("has_concerns", Boolean),
    CheckConstraint("ends_at > starts_at", "ends_after_start"),
    CheckConstraint("mode = 'in_person' or type <> 'dosing'", "dose_in_person"),
    CheckConstraint("route is null or type = 'dosing'", "route_of_dose"),
    Index("ix_appointments_clinic_id_starts_at", "clinic_id", "starts_at"),
    Index(
        "ix_appointments_clinic_id_expires_at",
        "clinic_id",
        "expires_at",
        postgresql_where=_IS_HELD,
        sqlite_where=_IS_HELD,
    ),
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
    Column("overbooked", Boolean, nullable=False, server_default=false()),
    CheckConstraint("not overbooked or kind <> 'patient'", "patient_held_once"),
    Index("ix_claims_resource_id_starts_at", "resource_id", "starts_at"),
    Index(
        "ix_claims_clinic_id_starts_at",
        "clinic_id",
        "starts_at",
        postgresql_where=_IS_ACTIVE,
        sqlite_where=_IS_ACTIVE,
    ),
)
NO_OVERLAP = "ex_claims_no_overlap"
"""The migration makes the database refuse overlapping active claims by this name; an
overbooked one may be put over others, and nothing that is not may be put over it."""

overbookings = Table(
    "overbookings",
    metadata,
    Column("appointment_id", Uuid(), ForeignKey("appointments.id"), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("overbooked_by", Uuid(), nullable=False),
    Column("overbooked_at", UtcDateTime, nullable=False),
    Column("reason", Sealed(person="patient_id"), nullable=False),
)

visits = Table(
    "visits",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("escort", Sealed(person="patient_id", of=dict)),
    Column("answers", Sealed(person="patient_id", of=dict)),
    Column("concerns", Sealed(person="patient_id", of=list)),
)

waitlist_entries = Table(
    "waitlist_entries",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("type", words(AppointmentType), nullable=False),
    Column("route", words(Route)),
    Column("weekdays", Document, nullable=False),
    Column("opens", Time, nullable=False),
    Column("closes", Time, nullable=False),
    Column("earliest_day", Date, nullable=False),
    Column("notice_hours", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("status", words(EntryStatus), nullable=False),
    Column("offer_id", Uuid()),
    Index("ix_waitlist_entries_clinic_id_status", "clinic_id", "status", "since"),
)

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
    (Visit, visits),
    (WaitlistEntry, waitlist_entries),
):
    _mapper.map_imperatively(
        _kind, _table, version_id_col=_table.c.version, version_id_generator=False
    )
_mapper.map_imperatively(Claim, claims)
_mapper.map_imperatively(Absence, absences)
_mapper.map_imperatively(Licence, licences)
_mapper.map_imperatively(
    Appointment,
    appointments,
    version_id_col=appointments.c.version,
    version_id_generator=False,
    properties={"claims": relationship(Claim, order_by=claims.c.resource_id)},
)
