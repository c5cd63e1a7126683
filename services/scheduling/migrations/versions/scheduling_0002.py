"""Names of rooms and staff are sealed."""

from shared.migrations.sealing import TEXT, Plain, seal_columns

revision = "scheduling_0002"
down_revision = "scheduling_0001"
branch_labels = None
depends_on = "mailbox_0003"


def upgrade() -> None:
    seal_columns("resources", {"name": Plain(type=TEXT, required=True)})


def downgrade() -> None:
    raise NotImplementedError("what was sealed is not written in plain again")
