"""Why a dose was authorised although facts might have been out of date."""

import sqlalchemy as sa
from alembic import op

revision = "sessions_0008"
down_revision = "sessions_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authorisations", sa.Column("stale_reason", sa.LargeBinary))


def downgrade() -> None:
    op.drop_column("authorisations", "stale_reason")
