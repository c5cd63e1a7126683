"""Tables of what a patient takes and does not bear."""

from sqlalchemy import Column, Date, Table, Uuid

from services.intake.domain import EntrySource, EntryStatus
from services.intake.models.base import metadata, of, own, record
from shared.database import UtcDateTime, words
from shared.privacy.columns import Sealed
from shared.rulepack import EntryKind

list_entries = Table(
    "list_entries",
    metadata,
    *record(),
    Column("patient_id", Uuid(), nullable=False),
    of("episodes"),
    Column("kind", words(EntryKind), nullable=False),
    Column("name", Sealed(), nullable=False),
    Column("rxnorm", Sealed()),
    Column("detail", Sealed()),
    Column("since", Date),
    Column("source", words(EntrySource), nullable=False),
    Column("status", words(EntryStatus), nullable=False),
    Column("recorded_by", Uuid(), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("active_from", UtcDateTime),
    Column("active_until", UtcDateTime),
    Column("changed_by", Uuid()),
)

reconciliations = Table(
    "reconciliations",
    metadata,
    *own(),
    of("episodes"),
    Column("reconciled_by", Uuid(), nullable=False),
    Column("reconciled_at", UtcDateTime, nullable=False),
)
