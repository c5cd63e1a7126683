"""The tables of courses, and the mapping of their domain onto them."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.orm import registry, relationship

from services.scheduling.domain import (
    CoursePlan,
    CourseStatus,
    CourseStep,
    Decision,
    StepState,
)
from services.scheduling.models.base import metadata
from shared.database import Document, UtcDateTime, words
from shared.protocols import StepKind
from shared.rulepack import Route

ONE_ACTIVE = "uq_course_plans_active"
"""A patient has one course under way; the database refuses another by this name."""
_IS_ACTIVE = text("status = 'active'")

course_plans = Table(
    "course_plans",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("episode_id", Uuid(), nullable=False),
    Column("protocol", String(64), nullable=False),
    Column("protocol_version", String(64), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("route", words(Route)),
    Column("wishes", Document, nullable=False),
    Column("status", words(CourseStatus), nullable=False),
    Column("needs_replan", Boolean, nullable=False),
    Column("replan_cause", String(64)),
    Column("kept_reason", String(64)),
    Column("kept_by", Uuid()),
    Column("kept_at", UtcDateTime),
    Column("stop_reason", String(64)),
    Index(
        ONE_ACTIVE,
        "clinic_id",
        "patient_id",
        unique=True,
        postgresql_where=_IS_ACTIVE,
        sqlite_where=_IS_ACTIVE,
    ),
)

course_steps = Table(
    "course_steps",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column(
        "plan_id", Uuid(), ForeignKey("course_plans.id"), nullable=False, index=True
    ),
    Column("place", Integer, nullable=False),
    Column("code", String(64), nullable=False),
    Column("kind", words(StepKind), nullable=False),
    Column("after", String(64)),
    Column("earliest_days", Integer),
    Column("latest_days", Integer),
    Column("state", words(StepState), nullable=False),
    Column("appointment_id", Uuid(), index=True),
    Column("decision", words(Decision)),
    Column("noted_at", UtcDateTime),
)

_mapper = registry()
_mapper.map_imperatively(CourseStep, course_steps)
_mapper.map_imperatively(
    CoursePlan,
    course_plans,
    version_id_col=course_plans.c.version,
    version_id_generator=False,
    properties={
        "steps": relationship(CourseStep, order_by=course_steps.c.place),
    },
)
