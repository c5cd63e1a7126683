"""Consents signed and witnessed by name; files; forms patients go on with."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0010"
down_revision = "intake_0009"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("consents") as consents:
        consents.alter_column("witness_id", existing_type=sa.Uuid(), nullable=True)
        consents.add_column(sa.Column("items", document))
        consents.add_column(sa.Column("signed_name", sa.LargeBinary()))
        consents.add_column(sa.Column("witness_name", sa.LargeBinary()))
        consents.add_column(sa.Column("witnessed_at", instant))
        consents.add_column(sa.Column("file_id", sa.Uuid()))
        consents.add_column(sa.Column("paper_digest", sa.String(64)))
    # Until now a consent was entered by, and before, its witness.
    op.execute("update consents set witnessed_at = signed_at")
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.String(32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", instant, nullable=False),
        sa.Column("struck_at", instant),
        sa.Column("struck_by", sa.Uuid()),
        sa.Column("struck_because", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_files_patient_id_patients"
        ),
    )
    op.create_index("ix_files_patient_id", "files", ["patient_id"])
    op.create_table(
        "file_contents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file_contents"),
        sa.ForeignKeyConstraint(["id"], ["files.id"], name="fk_file_contents_id_files"),
    )
    op.create_table(
        "file_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("ended_at", instant),
        sa.PrimaryKeyConstraint("id", name="pk_file_links"),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name="fk_file_links_file_id_files"
        ),
    )
    op.create_index("ix_file_links_file_id", "file_links", ["file_id"])
    op.create_table(
        "form_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(64), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_form_drafts"),
        sa.UniqueConstraint(
            "clinic_id",
            "patient_id",
            "instrument",
            name="uq_form_drafts_clinic_id_patient_id_instrument",
        ),
    )


def downgrade() -> None:
    op.drop_table("form_drafts")
    op.drop_table("file_links")
    op.drop_table("file_contents")
    op.drop_table("files")
    op.execute("delete from consents where witness_id is null")
    with op.batch_alter_table("consents") as consents:
        for name in (
            "items",
            "signed_name",
            "witness_name",
            "witnessed_at",
            "file_id",
            "paper_digest",
        ):
            consents.drop_column(name)
        consents.alter_column("witness_id", existing_type=sa.Uuid(), nullable=False)
