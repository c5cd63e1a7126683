"""Holds, gates, the day of treatment, and who waits for an earlier time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "scheduling_0007"
down_revision = "scheduling_0006"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(JSONB(), "postgresql")
ADDED = (
    ("waitlist_entry_id", sa.Uuid()),
    ("expires_at", instant),
    ("owner_role", sa.String(32)),
    ("cutoff_at", instant),
    ("confirmed_at", instant),
    ("arrived_at", instant),
    ("roomed_at", instant),
    ("has_concerns", sa.Boolean()),
)
FILLED = (
    ("gate", sa.String(32), "booking"),
    ("missing", document, "[]"),
    ("fasting_told", sa.Boolean(), sa.false()),
)


def record(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )


def upgrade() -> None:
    for name, kind in ADDED:
        op.add_column("appointments", sa.Column(name, kind))
    for name, kind, value in FILLED:
        op.add_column(
            "appointments", sa.Column(name, kind, nullable=False, server_default=value)
        )
    op.create_index(
        "ix_appointments_waitlist_entry_id", "appointments", ["waitlist_entry_id"]
    )
    record(
        "visits",
        sa.Column("escort", sa.LargeBinary()),
        sa.Column("answers", sa.LargeBinary()),
        sa.Column("concerns", sa.LargeBinary()),
    )
    record(
        "waitlist_entries",
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("route", sa.String(32)),
        sa.Column("weekdays", document, nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("earliest_day", sa.Date(), nullable=False),
        sa.Column("notice_hours", sa.Integer(), nullable=False),
        sa.Column("since", instant, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("offer_id", sa.Uuid()),
    )
    op.create_index(
        "ix_waitlist_entries_clinic_id_status",
        "waitlist_entries",
        ["clinic_id", "status", "since"],
    )


def downgrade() -> None:
    op.drop_table("waitlist_entries")
    op.drop_table("visits")
    op.drop_index("ix_appointments_waitlist_entry_id", "appointments")
    with op.batch_alter_table("appointments") as appointments:
        for name, *_ in (*FILLED, *ADDED):
            appointments.drop_column(name)
