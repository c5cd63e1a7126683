"""What clinicians write is sealed; process notes have a store of their own."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sealing import DOCUMENT, TEXT, Plain, seal_columns

revision = "sessions_0002"
down_revision = "sessions_0001"
branch_labels = None
depends_on = "mailbox_0003"

WRITTEN = Plain(type=TEXT)


def upgrade() -> None:
    seal_columns("orders", {"reason": WRITTEN})
    seal_columns("preparations", {"note": WRITTEN})
    seal_columns("sessions", {"discharge_record": Plain(type=DOCUMENT)})
    seal_columns("authorisations", {"override_reason": WRITTEN})
    seal_columns("vitals", {"late_reason": WRITTEN})
    seal_columns("alerts", {"note": WRITTEN})
    seal_columns("integrations", {"note": WRITTEN})
    op.create_table(
        "process_notes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_process_notes_session_id"
        ),
    )
    op.create_index(
        "ix_process_notes_session_id_author_id",
        "process_notes",
        ["session_id", "author_id"],
    )


def downgrade() -> None:
    raise NotImplementedError("what was sealed is not written in plain again")
