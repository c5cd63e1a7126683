"""Patients merged, compared across clinics, and handed on to another one."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0011"
down_revision = "intake_0010"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("patients", sa.Column("network_index", sa.String(64)))
    op.add_column("patients", sa.Column("network_checked_at", instant))
    op.add_column("patients", sa.Column("merged_into", sa.Uuid()))
    op.add_column("patients", sa.Column("merged_by", sa.Uuid()))
    op.add_column("patients", sa.Column("merged_at", instant))
    op.create_index("ix_patients_network_index", "patients", ["network_index"])
    op.create_index("ix_patients_merged_into", "patients", ["merged_into"])
    op.create_index(
        "ix_patients_not_compared",
        "patients",
        ["id"],
        postgresql_where=sa.text("network_checked_at is null"),
        sqlite_where=sa.text("network_checked_at is null"),
    )
    op.create_table(
        "matches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("other_clinic_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", instant, nullable=False),
        sa.Column("is_same", sa.Boolean()),
        sa.Column("answered_by", sa.Uuid()),
        sa.Column("answered_at", instant),
        sa.PrimaryKeyConstraint("id", name="pk_matches"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_matches_patient_id_patients"
        ),
        sa.UniqueConstraint(
            "clinic_id",
            "patient_id",
            "other_id",
            name="uq_matches_clinic_id_patient_id_other_id",
        ),
    )
    op.create_index("ix_matches_patient_id", "matches", ["patient_id"])
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("to_clinic_id", sa.Uuid(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_at", instant, nullable=False),
        sa.Column("received_at", instant),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_transfers_patient_id_patients"
        ),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episodes.id"], name="fk_transfers_episode_id_episodes"
        ),
    )
    op.create_index("ix_transfers_patient_id", "transfers", ["patient_id"])
    op.create_index("ix_transfers_episode_id", "transfers", ["episode_id"])
    op.create_index("ix_transfers_received_at", "transfers", ["received_at"])


def downgrade() -> None:
    op.drop_table("transfers")
    op.drop_table("matches")
    op.drop_index("ix_patients_not_compared", "patients")
    op.drop_index("ix_patients_merged_into", "patients")
    op.drop_index("ix_patients_network_index", "patients")
    with op.batch_alter_table("patients") as patients:
        for name in (
            "network_index",
            "network_checked_at",
            "merged_into",
            "merged_by",
            "merged_at",
        ):
            patients.drop_column(name)
