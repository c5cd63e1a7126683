"""Tasks that are about no patient: stock that does not add up, or is on its way."""

import sqlalchemy as sa
from alembic import op

revision = "notifications_0003"
down_revision = "notifications_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tasks") as tasks:
        tasks.alter_column("patient_id", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    raise NotImplementedError("tasks about no patient would be lost")
