"""What a clearance rests on, when it lapses, medication, and who pays."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0009"
down_revision = "intake_0008"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("clearances", sa.Column("findings", sa.LargeBinary()))
    op.add_column("clearances", sa.Column("lapsed_at", instant))
    op.add_column("clearances", sa.Column("lapsed_by", sa.Uuid()))
    op.add_column("clearances", sa.Column("lapse_cause", sa.String(32)))


def downgrade() -> None:
    with op.batch_alter_table("clearances") as clearances:
        for name in ("findings", "lapsed_at", "lapsed_by", "lapse_cause"):
            clearances.drop_column(name)
