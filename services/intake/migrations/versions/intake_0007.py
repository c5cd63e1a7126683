"""Consent documents of a clinic's own, and consents that end by themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0007"
down_revision = "intake_0006"
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
        sa.Column("retired_at", instant),
        sa.Column("retired_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name="pk_consent_documents"),
        sa.UniqueConstraint(
            "clinic_id", "reference", name="uq_consent_documents_clinic_id_reference"
        ),
    )
    op.add_column("consents", sa.Column("ended_at", instant))
    op.add_column("consents", sa.Column("end_cause", sa.String(32)))
    op.create_index(
        "ix_consents_clinic_id_document_version",
        "consents",
        ["clinic_id", "document_version"],
    )


def downgrade() -> None:
    op.drop_index("ix_consents_clinic_id_document_version", "consents")
    with op.batch_alter_table("consents") as consents:
        consents.drop_column("end_cause")
        consents.drop_column("ended_at")
    op.drop_table("consent_documents")
