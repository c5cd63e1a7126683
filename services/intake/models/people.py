"""Tables of patients and of whoever refers or reaches them."""

from datetime import date

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    false,
    text,
)

from services.intake.domain import Channel, CodingKind
from services.intake.models.base import metadata, of, own, record
from shared.database import UtcDateTime, words
from shared.privacy.columns import Sealed

INDEX = 64
"""The length of a blind index."""

clinics = Table(
    "clinics",
    metadata,
    *record(),
    Column("time_zone", String(64), nullable=False),
    Column("is_compared", Boolean(), nullable=False, server_default=false()),
)

patients = Table(
    "patients",
    metadata,
    *record(),
    Column("episode_id", Uuid(), nullable=False),
    Column("given_name", Sealed(person="id"), nullable=False),
    Column("family_name", Sealed(person="id"), nullable=False),
    Column("birth_date", Sealed(person="id", of=date), nullable=False),
    Column("email", Sealed(person="id")),
    Column("phone", Sealed(person="id")),
    Column("time_zone", String(64), nullable=False),
    Column("channel", words(Channel), nullable=False),
    Column("registered_at", UtcDateTime, nullable=False),
    Column("emergency_contact", Sealed(person="id", of=dict)),
    Column("is_self_registered", Boolean(), nullable=False, server_default=false()),
    Column("name_index", String(INDEX)),
    Column("email_index", String(INDEX)),
    Column("phone_index", String(INDEX)),
    Column("network_index", String(INDEX), index=True),
    Column("network_checked_at", UtcDateTime),
    Column("merged_into", Uuid(), index=True),
    Column("merged_by", Uuid()),
    Column("merged_at", UtcDateTime),
    Column("erased_at", UtcDateTime),
    Column("erased_by", Uuid()),
    Column("erased_because", Sealed()),
    Index("ix_patients_clinic_id_id", "clinic_id", "id"),
    Index(
        "ix_patients_not_compared",
        "id",
        postgresql_where=text("network_checked_at is null"),
        sqlite_where=text("network_checked_at is null"),
    ),
    Index("ix_patients_clinic_id_name_index", "clinic_id", "name_index"),
    Index("ix_patients_clinic_id_email_index", "clinic_id", "email_index"),
    Index("ix_patients_clinic_id_phone_index", "clinic_id", "phone_index"),
)

referrals = Table(
    "referrals",
    metadata,
    *record(),
    of("patients"),
    Column("source_type", String(64), nullable=False),
    Column("identifier_system", Sealed(person="patient_id"), nullable=False),
    Column("identifier_value", Sealed(person="patient_id"), nullable=False),
    Column("identifier_index", String(INDEX)),
    Column("letter_reference", Sealed(person="patient_id")),
    Column("received_at", UtcDateTime, nullable=False),
    Column("sent_by", Uuid()),
    UniqueConstraint("clinic_id", "identifier_index"),
)
ONE_REFERRAL = "uq_referrals_clinic_id_identifier_index"

codings = Table(
    "codings",
    metadata,
    *own(),
    of("referrals"),
    Column("kind", words(CodingKind), nullable=False),
    Column("system", Sealed(), nullable=False),
    Column("code", Sealed(), nullable=False),
    Column("display", Sealed(), nullable=False),
)

coverages = Table(
    "coverages",
    metadata,
    *own(),
    of("referrals"),
    Column("patient_id", Uuid(), nullable=False),
    Column("payer", Sealed(person="patient_id"), nullable=False),
    Column("member_id", Sealed(person="patient_id")),
)

emergency_accesses = Table(
    "emergency_accesses",
    metadata,
    *record(),
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("person_id", Uuid(), nullable=False),
    Column("reason", Sealed(), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

patient_links = Table(
    "patient_links",
    metadata,
    *record(),
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("made_by", Uuid(), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

invitations = Table(
    "invitations",
    metadata,
    *record(),
    Column("patient_id", Uuid(), index=True),
    Column("digest", String(64), nullable=False),
    Column("made_by", Uuid(), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

distinctions = Table(
    "distinctions",
    metadata,
    *own(),
    Column("first_id", Uuid(), nullable=False),
    Column("second_id", Uuid(), nullable=False),
    Column("decided_by", Uuid(), nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    UniqueConstraint("clinic_id", "first_id", "second_id"),
)
ONE_DISTINCTION = "uq_distinctions_clinic_id_first_id_second_id"

matches = Table(
    "matches",
    metadata,
    *record(),
    of("patients"),
    Column("other_id", Uuid(), nullable=False),
    Column("other_clinic_id", Uuid(), nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("is_same", Boolean()),
    Column("answered_by", Uuid()),
    Column("answered_at", UtcDateTime),
    UniqueConstraint("clinic_id", "patient_id", "other_id"),
)

transfers = Table(
    "transfers",
    metadata,
    *record(),
    of("patients"),
    of("episodes"),
    Column("to_clinic_id", Uuid(), nullable=False),
    Column("consent_id", Uuid(), nullable=False),
    Column("sent_by", Uuid(), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, index=True),
)
