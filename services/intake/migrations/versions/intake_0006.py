"""Whom to call for a patient, and who registered themselves."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0006"
down_revision = "intake_0005"
branch_labels = None
depends_on = None


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


def downgrade() -> None:
    op.drop_column("patients", "is_self_registered")
    op.drop_column("patients", "emergency_contact")
