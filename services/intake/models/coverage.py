"""Tables of who pays for an episode of care."""

from sqlalchemy import Boolean, Column, Integer, Table, Uuid

from services.intake.domain import CheckOutcome, CoverageEnd, Payer
from services.intake.models.base import metadata, of, own, record
from shared.database import UtcDateTime, words
from shared.privacy.columns import Sealed

episode_coverages = Table(
    "episode_coverages",
    metadata,
    *record(),
    Column("patient_id", Uuid(), nullable=False),
    of("episodes"),
    Column("payer", words(Payer), nullable=False),
    Column("insurer", Sealed(person="patient_id")),
    Column("member_number", Sealed(person="patient_id")),
    Column("authorisation_number", Sealed(person="patient_id")),
    Column("units_granted", Integer),
    Column("valid_until", UtcDateTime),
    Column("agreement_signed", Boolean, nullable=False),
    Column("confirmed_by", Uuid(), nullable=False),
    Column("confirmed_at", UtcDateTime, nullable=False),
    Column("checked_at", UtcDateTime),
    Column("check_outcome", words(CheckOutcome)),
    Column("ended_at", UtcDateTime),
    Column("end_cause", words(CoverageEnd)),
)

used_units = Table(
    "used_units",
    metadata,
    *own(),
    of("episode_coverages"),
    Column("used_at", UtcDateTime, nullable=False),
)
