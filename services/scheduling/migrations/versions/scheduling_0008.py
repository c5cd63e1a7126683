"""Why a course is to be replanned, and who let it stay as it is."""

import sqlalchemy as sa
from alembic import op

revision = "scheduling_0008"
down_revision = "scheduling_0007"
branch_labels = None
depends_on = None

ADDED = (
    ("replan_cause", sa.String(64)),
    ("kept_reason", sa.String(64)),
    ("kept_by", sa.Uuid()),
    ("kept_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    for name, kind in ADDED:
        op.add_column("course_plans", sa.Column(name, kind))


def downgrade() -> None:
    with op.batch_alter_table("course_plans") as course_plans:
        for name, _ in ADDED:
            course_plans.drop_column(name)
