"""Clinics, resources, patients, appointments and what they claim."""

import sqlalchemy as sa
from alembic import op

revision = "scheduling_0001"
down_revision = None
branch_labels = ("scheduling",)
depends_on = None

instant = sa.DateTime(timezone=True)

# SQLite has no exclusion constraint. These triggers do the same: every write of this
# platform holds SQLite's one write lock, so nothing can slip in between.
OVERLAPS = """
    select raise(abort, 'ex_claims_no_overlap') where new.active and exists (
        select 1 from claims
        where resource_id = new.resource_id and id <> new.id and active
        and starts_at < new.ends_at and new.starts_at < ends_at
    );
"""


def record(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *columns,
    )


def refuse_overlaps() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("create extension if not exists btree_gist")
        op.execute(
            "alter table claims add constraint ex_claims_no_overlap exclude using gist"
            " (resource_id with =, tstzrange(starts_at, ends_at, '[)') with &&)"
            " where (active)"
        )
        return
    op.execute(
        f"create trigger claims_insert before insert on claims begin {OVERLAPS} end"
    )
    op.execute(
        "create trigger claims_update before update on claims begin" f" {OVERLAPS} end"
    )


def upgrade() -> None:
    record(
        "clinics",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("alert_response_seconds", sa.Integer, nullable=False),
        sa.UniqueConstraint("name", name="uq_clinics_name"),
    )
    record(
        "resources",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
    )
    op.create_index("ix_resources_clinic_id", "resources", ["clinic_id"])
    record("patients", sa.Column("episode_id", sa.Uuid(), nullable=False))
    record(
        "appointments",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("starts_at", instant, nullable=False),
        sa.Column("ends_at", instant, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("escort_confirmed", sa.Boolean, nullable=False),
        sa.Column("integration_id", sa.Uuid()),
        sa.CheckConstraint(
            "ends_at > starts_at", name="ck_appointments_ends_after_start"
        ),
    )
    op.create_index("ix_appointments_patient_id", "appointments", ["patient_id"])
    op.create_index(
        "ix_appointments_clinic_id_starts_at", "appointments", ["clinic_id", "starts_at"]
    )
    op.create_table(
        "claims",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("starts_at", instant, nullable=False),
        sa.Column("ends_at", instant, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name="fk_claims_appointment_id"
        ),
    )
    op.create_index("ix_claims_appointment_id", "claims", ["appointment_id"])
    op.create_index(
        "ix_claims_resource_id_starts_at", "claims", ["resource_id", "starts_at"]
    )
    refuse_overlaps()
    record(
        "integration_needs",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("late_at", instant, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
    )
    op.create_index(
        "ix_integration_needs_clinic_id", "integration_needs", ["clinic_id"]
    )
    op.create_table(
        "readiness_facts",
        sa.Column("clinic_id", sa.Uuid(), primary_key=True),
        sa.Column("patient_id", sa.Uuid(), primary_key=True),
        sa.Column("fact", sa.String(64), primary_key=True),
        sa.Column("source_id", sa.Uuid(), primary_key=True),
        sa.Column("holds", sa.Boolean, nullable=False),
        sa.Column("valid_until", instant),
        sa.Column("appointment_id", sa.Uuid()),
        sa.Column("told_at", instant, nullable=False),
    )


def downgrade() -> None:
    for table in (
        "readiness_facts",
        "integration_needs",
        "claims",
        "appointments",
        "patients",
        "resources",
        "clinics",
    ):
        op.drop_table(table)
