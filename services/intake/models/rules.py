"""Tables of a clinic's rule packs, and of what came of trying them."""

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from services.intake.models.base import metadata, of, own, record
from shared.database import UtcDateTime, words
from shared.packs import Packs
from shared.privacy.columns import Sealed
from shared.rulepack import Outcome

packs = Packs(metadata)

pack_editions = Table(
    "pack_editions",
    metadata,
    *record(),
    Column("reference", String(64), nullable=False),
    Column("text", Text(), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("drafted_by", Uuid(), nullable=False),
    Column("drafted_at", UtcDateTime, nullable=False),
    Column("signed_by", Uuid()),
    Column("signed_at", UtcDateTime),
    Column("effective_at", UtcDateTime),
    Column("signature_hash", String(64)),
    UniqueConstraint("clinic_id", "reference"),
)
ONE_PACK = "uq_pack_editions_clinic_id_reference"

trials = Table(
    "trials",
    metadata,
    *record(),
    Column("pack_id", Uuid(), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("is_binding", Boolean, nullable=False),
    Column("beside_at", UtcDateTime, nullable=False),
    Column("begun_by", Uuid(), nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("total", Integer, nullable=False),
    Column("after", Uuid()),
    Column("seen", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("ended_at", UtcDateTime, index=True),
)

trial_findings = Table(
    "trial_findings",
    metadata,
    *own(),
    of("trials"),
    Column("episode_id", Uuid(), nullable=False),
    Column("before", words(Outcome), nullable=False),
    Column("after", words(Outcome), nullable=False),
    Column("details", Sealed(of=dict), nullable=False),
    Column("has_lapsed", Boolean, nullable=False),
)
