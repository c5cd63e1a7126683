"""Tables of the doses an episode had, as sessions tells of them: counts and times."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Uuid

from services.intake.models.base import metadata, of, own
from shared.database import UtcDateTime

courses = Table(
    "courses",
    metadata,
    Column("id", Uuid(), ForeignKey("episodes.id"), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("route_class", String(64)),
    Column("first_dose_at", UtcDateTime, nullable=False),
    Column("last_dose_at", UtcDateTime, nullable=False),
    Index("ix_courses_clinic_id_first_dose_at", "clinic_id", "first_dose_at"),
)
"""One row for each episode that had a dose, under its id; `last_dose_at` is the last
before a maintenance."""

treatments = Table(
    "treatments",
    metadata,
    *own(),
    Column("patient_id", Uuid(), nullable=False),
    of("episodes"),
    Column("route_class", String(64)),
    Column("given_at", UtcDateTime),
    Column("doses", Integer, nullable=False),
)
"""One row for each session, under its id; `given_at` is its first dose."""

integrations = Table(
    "integrations",
    metadata,
    *own(),
    of("episodes"),
    Column("late_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
)
"""One row for each integration, under its id."""
