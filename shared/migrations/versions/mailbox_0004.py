"""Until when each producer's feed is known to its end."""

import sqlalchemy as sa
from alembic import op

revision = "mailbox_0004"
down_revision = "mailbox_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pulled", sa.Column("seen_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("pulled", "seen_at")
