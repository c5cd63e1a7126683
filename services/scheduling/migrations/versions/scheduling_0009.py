"""What is taken in a clinic, and what was held too long, found without the rest."""

import sqlalchemy as sa
from alembic import op

revision = "scheduling_0009"
down_revision = "scheduling_0008"
branch_labels = None
depends_on = None

INDEXES = (
    ("appointments", "expires_at", "status = 'held'"),
    ("claims", "starts_at", "active"),
)


def upgrade() -> None:
    for table, column, only in INDEXES:
        op.create_index(
            f"ix_{table}_clinic_id_{column}",
            table,
            ["clinic_id", column],
            postgresql_where=sa.text(only),
            sqlite_where=sa.text(only),
        )


def downgrade() -> None:
    for table, column, _ in INDEXES:
        op.drop_index(f"ix_{table}_clinic_id_{column}", table)
