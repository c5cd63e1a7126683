"""From which appointment another was moved."""

import sqlalchemy as sa
from alembic import op

revision = "scheduling_0004"
down_revision = "scheduling_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointments", sa.Column("replaces", sa.Uuid()))


def downgrade() -> None:
    with op.batch_alter_table("appointments") as appointments:
        appointments.drop_column("replaces")
