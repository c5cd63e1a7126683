"""Courses of treatment; links to calendars, and busy times from those of others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "scheduling_0006"
down_revision = "scheduling_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    document = sa.JSON().with_variant(JSONB(), "postgresql")
    op.create_table(
        "course_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("protocol", sa.String(64), nullable=False),
        sa.Column("protocol_version", sa.String(64), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("route", sa.String(32)),
        sa.Column("wishes", document, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("needs_replan", sa.Boolean(), nullable=False),
        sa.Column("stop_reason", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_course_plans"),
    )
    op.create_index("ix_course_plans_clinic_id", "course_plans", ["clinic_id"])
    op.create_index("ix_course_plans_patient_id", "course_plans", ["patient_id"])
    is_active = sa.text("status = 'active'")
    op.create_index(
        "uq_course_plans_active",
        "course_plans",
        ["clinic_id", "patient_id"],
        unique=True,
        postgresql_where=is_active,
        sqlite_where=is_active,
    )
    op.create_table(
        "course_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("after", sa.String(64)),
        sa.Column("earliest_days", sa.Integer()),
        sa.Column("latest_days", sa.Integer()),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("appointment_id", sa.Uuid()),
        sa.Column("decision", sa.String(32)),
        sa.Column("noted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_course_steps"),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["course_plans.id"], name="fk_course_steps_plan_id"
        ),
    )
    op.create_index("ix_course_steps_plan_id", "course_steps", ["plan_id"])
    op.create_index(
        "ix_course_steps_appointment_id", "course_steps", ["appointment_id"]
    )
    op.create_table(
        "calendar_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("label", sa.LargeBinary(), nullable=False),
        sa.Column("shows_room", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_links"),
    )
    op.create_index("ix_calendar_links_clinic_id", "calendar_links", ["clinic_id"])
    op.create_table(
        "busy_feeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.LargeBinary()),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("problem", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_busy_feeds"),
        sa.UniqueConstraint("resource_id", name="uq_busy_feeds_resource_id"),
    )
    op.create_index("ix_busy_feeds_clinic_id", "busy_feeds", ["clinic_id"])
    op.create_index("ix_busy_feeds_next_at", "busy_feeds", ["next_at"])
    op.create_table(
        "busy_times",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_busy_times"),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["busy_feeds.id"], name="fk_busy_times_feed_id"
        ),
    )
    for columns in (
        ["feed_id"],
        ["clinic_id", "starts_at"],
        ["resource_id", "starts_at"],
    ):
        name = "_".join(["ix_busy_times", *columns])
        op.create_index(name, "busy_times", columns)


def downgrade() -> None:
    for table in ("busy_times", "busy_feeds", "calendar_links"):
        op.drop_table(table)
    op.drop_table("course_steps")
    op.drop_table("course_plans")
