"""From which appointment another was moved; when a clinic is open."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "scheduling_0004"
down_revision = "scheduling_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointments", sa.Column("replaces", sa.Uuid()))
    document = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("clinics", sa.Column("hours", document))
    op.create_table(
        "closures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason_code", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_closures"),
    )
    op.create_index("ix_closures_clinic_id", "closures", ["clinic_id"])


def downgrade() -> None:
    op.drop_table("closures")
    with op.batch_alter_table("clinics") as clinics:
        clinics.drop_column("hours")
    with op.batch_alter_table("appointments") as appointments:
        appointments.drop_column("replaces")
