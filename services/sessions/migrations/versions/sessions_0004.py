"""Which document each consent to treatment was signed to."""

import sqlalchemy as sa
from alembic import op

revision = "sessions_0004"
down_revision = "sessions_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "treatment_consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("document_version", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_treatment_consents"),
    )


def downgrade() -> None:
    op.drop_table("treatment_consents")
