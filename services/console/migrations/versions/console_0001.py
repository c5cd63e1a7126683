"""The timeline and the clinics' time zones."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "console_0001"
down_revision = None
branch_labels = ("console",)
depends_on = None

instant = sa.DateTime(timezone=True)
document = sa.JSON(none_as_null=True).with_variant(
    JSONB(none_as_null=True), "postgresql"
)


def upgrade() -> None:
    op.create_table(
        "timeline",
        sa.Column("event_id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(96), nullable=False),
        sa.Column("sensitivity", sa.String(32), nullable=False),
        sa.Column("patient_id", sa.Uuid()),
        sa.Column("session_id", sa.Uuid()),
        sa.Column("appointment_id", sa.Uuid()),
        sa.Column("aggregate_type", sa.String(64), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("aggregate_version", sa.Integer, nullable=False),
        sa.Column("occurred_at", instant, nullable=False),
        sa.Column("correlation_id", sa.Uuid()),
        sa.Column("causation_id", sa.Uuid()),
        sa.Column("traceparent", sa.String(64)),
        sa.Column("data", document, nullable=False),
    )
    for columns in (
        ["clinic_id", "occurred_at"],
        ["clinic_id", "patient_id", "occurred_at"],
        ["clinic_id", "correlation_id"],
    ):
        op.create_index(f"ix_timeline_{'_'.join(columns)}", "timeline", columns)
    op.create_table(
        "clinics",
        sa.Column("clinic_id", sa.Uuid(), primary_key=True),
        sa.Column("time_zone", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("clinics")
    op.drop_table("timeline")
