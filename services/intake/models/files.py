"""Tables of files about patients: what they are, and apart from it what is in them."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Uuid

from services.intake.domain import FileKind, MediaType
from services.intake.models.base import metadata, of, record
from shared.database import UtcDateTime, words
from shared.privacy.columns import Sealed

files = Table(
    "files",
    metadata,
    *record(),
    of("patients"),
    Column("kind", words(FileKind), nullable=False),
    Column("name", Sealed(person="patient_id"), nullable=False),
    Column("media_type", words(MediaType), nullable=False),
    Column("size", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("added_by", Uuid(), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("struck_at", UtcDateTime),
    Column("struck_by", Uuid()),
    Column("struck_because", Sealed()),
)

file_contents = Table(
    "file_contents",
    metadata,
    Column("id", Uuid(), ForeignKey("files.id"), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("content", Sealed(person="patient_id", of=bytes), nullable=False),
)

file_links = Table(
    "file_links",
    metadata,
    *record(),
    of("files"),
    Column("patient_id", Uuid(), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("made_by", Uuid(), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)
