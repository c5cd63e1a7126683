"""Whom to call, invitations, who sent a referral, and who is not registered twice."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0006"
down_revision = "intake_0005"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("patients", sa.Column("emergency_contact", sa.LargeBinary))
    op.add_column(
        "patients",
        sa.Column(
            "is_self_registered",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
        ),
    )
    op.add_column("referrals", sa.Column("sent_by", sa.Uuid()))
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("patient_id", sa.Uuid()),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("ended_at", instant),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
    )
    op.create_table(
        "distinctions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_distinctions"),
        sa.UniqueConstraint(
            "clinic_id",
            "first_id",
            "second_id",
            name="uq_distinctions_clinic_id_first_id_second_id",
        ),
    )
    op.create_index("ix_invitations_patient_id", "invitations", ["patient_id"])


def downgrade() -> None:
    op.drop_table("distinctions")
    op.drop_table("invitations")
    op.drop_column("referrals", "sent_by")
    op.drop_column("patients", "is_self_registered")
    op.drop_column("patients", "emergency_contact")
