"""Questionnaires of a clinic's own, findings and trends of answers, escalated flags."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0004"
down_revision = "intake_0003"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)
document = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "questionnaires",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("edition", sa.String(64), nullable=False),
        sa.Column("definition", document, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_questionnaires"),
        sa.UniqueConstraint(
            "clinic_id", "code", "edition", name="uq_questionnaires_clinic_id_code_edition"
        ),
    )
    with op.batch_alter_table("measures") as measures:
        measures.add_column(
            sa.Column("instrument_version", sa.String(64), nullable=False, server_default="1")
        )
        measures.add_column(
            sa.Column("findings", document, nullable=False, server_default="[]")
        )
        measures.add_column(
            sa.Column("trends", document, nullable=False, server_default="[]")
        )
        measures.add_column(sa.Column("follow_up", sa.String(64)))
    with op.batch_alter_table("measures") as measures:
        measures.alter_column("instrument_version", server_default=None)
        measures.alter_column("findings", server_default=None)
        measures.alter_column("trends", server_default=None)
    op.add_column("safety_flags", sa.Column("escalated_at", instant))


def downgrade() -> None:
    op.drop_column("safety_flags", "escalated_at")
    with op.batch_alter_table("measures") as measures:
        measures.drop_column("follow_up")
        measures.drop_column("trends")
        measures.drop_column("findings")
        measures.drop_column("instrument_version")
    op.drop_table("questionnaires")
