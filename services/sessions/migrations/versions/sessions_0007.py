"""Notes with their drafts and addenda, adverse events, REMS forms, tasks for patients."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "sessions_0007"
down_revision = "sessions_0006"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)
word = sa.String(32)
code = sa.String(64)
sealed = sa.LargeBinary
document = sa.JSON().with_variant(JSONB(), "postgresql")


def needed(name: str, kind: object) -> sa.Column:
    return sa.Column(name, kind, nullable=False)


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}"
    )


def once(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def rows(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), primary_key=True),
        needed("clinic_id", sa.Uuid()),
        *columns,
    )


def records(table: str, *columns: sa.Column) -> None:
    rows(
        table,
        needed("version", sa.Integer),
        needed("session_id", sa.Uuid()),
        needed("patient_id", sa.Uuid()),
        *columns,
        refers(table, "session_id", "sessions"),
    )


def create_notes() -> None:
    own = ("session_id", "part", "author_id")
    records(
        "note_drafts",
        needed("part", word),
        needed("form", code),
        needed("author_id", sa.Uuid()),
        needed("started_at", instant),
        needed("saved_at", instant),
        needed("content", sealed),
        needed("carried", document),
        sa.Column("carried_from", sa.Uuid()),
        once("note_drafts", *own),
    )
    records(
        "notes",
        needed("part", word),
        needed("form", code),
        needed("author_id", sa.Uuid()),
        needed("content", sealed),
        needed("in_record", sa.Boolean),
        needed("signed_at", instant),
        needed("signature_hash", code),
        needed("needs_cosignature", sa.Boolean),
        sa.Column("cosigned_at", instant),
        sa.Column("cosigned_by", sa.Uuid()),
        once("notes", *own),
    )
    index("notes", "patient_id", "part", "signed_at")
    rows(
        "addenda",
        needed("session_id", sa.Uuid()),
        sa.Column("note_id", sa.Uuid()),
        needed("text", sealed),
        needed("author_id", sa.Uuid()),
        needed("signed_at", instant),
        needed("signature_hash", code),
        refers("addenda", "session_id", "sessions"),
        refers("addenda", "note_id", "notes"),
    )
    index("addenda", "session_id")


def create_adverse_events() -> None:
    records(
        "adverse_events",
        needed("term", code),
        needed("noted_at", instant),
        needed("status", word),
        sa.Column("suggested_by", code),
        needed("revision", sa.SmallInteger),
        sa.Column("grade", sa.SmallInteger),
        needed("serious", sa.Boolean),
        sa.Column("details", sealed),
        sa.Column("recorded_at", instant),
        sa.Column("recorded_by", sa.Uuid()),
        needed("awaits_review", sa.Boolean),
        sa.Column("reviewed_at", instant),
        sa.Column("reviewed_by", sa.Uuid()),
        sa.Column("conclusion", word),
        sa.Column("review_note", sealed),
        sa.Column("dismissed_at", instant),
        sa.Column("dismissed_by", sa.Uuid()),
        sa.Column("dismissed_because", sealed),
    )
    index("adverse_events", "session_id")
    index("adverse_events", "patient_id")
    index("adverse_events", "clinic_id", "status")
    rows(
        "adverse_event_revisions",
        needed("adverse_event_id", sa.Uuid()),
        needed("revision", sa.SmallInteger),
        needed("details", sealed),
        sa.Column("reason", sealed),
        needed("recorded_at", instant),
        needed("recorded_by", sa.Uuid()),
        refers("adverse_event_revisions", "adverse_event_id", "adverse_events"),
        once("adverse_event_revisions", "adverse_event_id", "revision"),
    )
    rows(
        "adverse_event_reports",
        needed("adverse_event_id", sa.Uuid()),
        needed("authority", word),
        needed("filed_on", sa.Date),
        needed("noted_at", instant),
        needed("noted_by", sa.Uuid()),
        refers("adverse_event_reports", "adverse_event_id", "adverse_events"),
    )
    index("adverse_event_reports", "adverse_event_id")


def create_rems_forms() -> None:
    records(
        "rems_forms",
        needed("form", code),
        needed("due_at", instant),
        needed("status", word),
        needed("said", sealed),
        sa.Column("content", sealed),
        sa.Column("submitted_on", sa.Date),
        sa.Column("submitted_at", instant),
        sa.Column("submitted_by", sa.Uuid()),
        once("rems_forms", "session_id"),
    )
    index("rems_forms", "clinic_id", "status")


def create_tasks() -> None:
    rows(
        "integration_tasks",
        needed("version", sa.Integer),
        needed("integration_id", sa.Uuid()),
        needed("patient_id", sa.Uuid()),
        needed("text", sealed),
        needed("due_on", sa.Date),
        needed("set_at", instant),
        needed("set_by", sa.Uuid()),
        sa.Column("done_at", instant),
        sa.Column("done_by", sa.Uuid()),
        refers("integration_tasks", "integration_id", "integrations"),
    )
    index("integration_tasks", "patient_id")


def upgrade() -> None:
    create_notes()
    create_adverse_events()
    create_rems_forms()
    create_tasks()


def downgrade() -> None:
    for table in (
        "integration_tasks",
        "rems_forms",
        "adverse_event_reports",
        "adverse_event_revisions",
        "adverse_events",
        "addenda",
        "notes",
        "note_drafts",
    ):
        op.drop_table(table)
