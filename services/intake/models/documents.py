"""The table of consent documents a clinic published."""

from sqlalchemy import Column, String, Table, UniqueConstraint, Uuid

from services.intake.domain import ConsentType
from services.intake.models.base import metadata, record
from shared.database import Document, UtcDateTime, words

consent_documents = Table(
    "consent_documents",
    metadata,
    *record(),
    Column("reference", String(64), nullable=False),
    Column("type", words(ConsentType), nullable=False),
    Column("definition", Document, nullable=False),
    Column("published_by", Uuid(), nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),
    Column("retired_by", Uuid()),
    UniqueConstraint("clinic_id", "reference"),
)
ONE_DOCUMENT = "uq_consent_documents_clinic_id_reference"
