"""Emergency accesses and patients' private links."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0002"
down_revision = "intake_0001"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)


def record(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_patient_id", table, ["patient_id"])


def upgrade() -> None:
    record(
        "emergency_accesses",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("until", instant, nullable=False),
    )
    record(
        "patient_links",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("ended_at", instant),
    )


def downgrade() -> None:
    op.drop_table("patient_links")
    op.drop_table("emergency_accesses")
