"""The rule packs a clinic has signed."""

import sqlalchemy as sa
from alembic import op

revision = "sessions_0003"
down_revision = "sessions_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signed_rule_packs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_signed_rule_packs"),
    )
    op.create_index(
        "ix_signed_rule_packs_clinic_id_effective_at",
        "signed_rule_packs",
        ["clinic_id", "effective_at"],
    )


def downgrade() -> None:
    op.drop_table("signed_rule_packs")
