"""Consent documents of a clinic's own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0006"
down_revision = "intake_0005"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)
document = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "consent_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("definition", document, nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=False),
        sa.Column("published_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent_documents"),
        sa.UniqueConstraint(
            "clinic_id", "reference", name="uq_consent_documents_clinic_id_reference"
        ),
    )


def downgrade() -> None:
    op.drop_table("consent_documents")
