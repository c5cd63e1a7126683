"""Whether anything was told of a session since is asked all the time."""

from alembic import op

revision = "console_0002"
down_revision = "console_0001"
branch_labels = None
depends_on = None

NAME = "ix_timeline_clinic_id_session_id_occurred_at"


def upgrade() -> None:
    op.create_index(NAME, "timeline", ["clinic_id", "session_id", "occurred_at"])


def downgrade() -> None:
    op.drop_index(NAME, "timeline")
