"""Episodes that pause, go on at a lower pace, or come to an end."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0005"
down_revision = "intake_0004"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("episodes", sa.Column("paused_at", instant))
    op.add_column("episodes", sa.Column("pause_reason", sa.String(64)))
    op.add_column("episodes", sa.Column("maintenance_since", instant))
    op.add_column("episodes", sa.Column("review_due_at", instant))
    op.add_column("episodes", sa.Column("ended_at", instant))


def downgrade() -> None:
    with op.batch_alter_table("episodes") as episodes:
        for name in (
            "ended_at",
            "review_due_at",
            "maintenance_since",
            "pause_reason",
            "paused_at",
        ):
            episodes.drop_column(name)
