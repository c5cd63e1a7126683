"""Shifts, absences and licences of what is booked; overbooking, video, routes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "scheduling_0005"
down_revision = "scheduling_0004"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)

# On PostgreSQL the exclusion constraint leaves overbooked claims out, so that one may be
# put over others; this refuses to put anything else over one. Two that are written at
# the same time do not see each other, which is as if the overbooked one came last.
REFUSE_OVER_OVERBOOKED = """
    create function claims_over_overbooked() returns trigger language plpgsql as $$
    begin
        if new.active and not new.overbooked and exists (
            select 1 from claims
            where resource_id = new.resource_id and id <> new.id
            and active and overbooked
            and starts_at < new.ends_at and new.starts_at < ends_at
        ) then
            raise exception 'conflicts with "ex_claims_no_overlap"'
                using errcode = 'exclusion_violation';
        end if;
        return new;
    end $$
"""
OVERLAPPING = """
    select raise(abort, 'ex_claims_no_overlap')
    where new.active and not new.overbooked and exists (
        select 1 from claims
        where resource_id = new.resource_id and id <> new.id and active {also}
        and starts_at < new.ends_at and new.starts_at < ends_at
    );
"""


def upgrade() -> None:
    document = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("resources", sa.Column("person_id", sa.Uuid()))
    op.add_column("resources", sa.Column("roster", document))
    op.add_column("resources", sa.Column("retired_at", instant))
    op.create_table(
        "absences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("begins_at", instant, nullable=False),
        sa.Column("ends_at", instant, nullable=False),
        sa.Column("reason_code", sa.String(64), nullable=False),
        sa.Column("rrule", sa.Text()),
        sa.Column("over_at", instant),
        sa.PrimaryKeyConstraint("id", name="pk_absences"),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name="fk_absences_resource_id"
        ),
    )
    op.create_index("ix_absences_resource_id", "absences", ["resource_id"])
    op.create_index(
        "ix_absences_clinic_id_over_at", "absences", ["clinic_id", "over_at"]
    )
    op.create_table(
        "licences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_licences"),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name="fk_licences_resource_id"
        ),
        sa.UniqueConstraint("resource_id", "code", name="uq_licences_resource_id_code"),
    )
    op.create_index("ix_licences_clinic_id", "licences", ["clinic_id"])
    op.create_index("ix_licences_resource_id", "licences", ["resource_id"])
    op.create_table(
        "overbookings",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("overbooked_by", sa.Uuid(), nullable=False),
        sa.Column("overbooked_at", instant, nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("appointment_id", name="pk_overbookings"),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
            name="fk_overbookings_appointment_id",
        ),
    )
    # SQLite takes a constraint with a new column only, and only in this form.
    for table, column in (
        (
            "appointments",
            "mode varchar(32) not null default 'in_person' constraint"
            " ck_appointments_dose_in_person"
            " check (mode = 'in_person' or type <> 'dosing')",
        ),
        (
            "appointments",
            "route varchar(32) constraint ck_appointments_route_of_dose"
            " check (route is null or type = 'dosing')",
        ),
        (
            "claims",
            "overbooked boolean not null default false constraint"
            " ck_claims_patient_held_once check (not overbooked or kind <> 'patient')",
        ),
    ):
        op.execute(f"alter table {table} add column {column}")
    refuse_overlaps()


def refuse_overlaps() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("alter table claims drop constraint ex_claims_no_overlap")
        op.execute(
            "alter table claims add constraint ex_claims_no_overlap exclude using gist"
            " (resource_id with =, tstzrange(starts_at, ends_at, '[)') with &&)"
            " where (active and not overbooked)"
        )
        op.execute(REFUSE_OVER_OVERBOOKED)
        op.execute(
            "create trigger claims_over_overbooked before insert on claims"
            " for each row execute function claims_over_overbooked()"
        )
        return
    for event, also in (("insert", ""), ("update", "and not overbooked")):
        op.execute(f"drop trigger claims_{event}")
        op.execute(
            f"create trigger claims_{event} before {event} on claims begin"
            f" {OVERLAPPING.format(also=also)} end"
        )


def downgrade() -> None:
    raise NotImplementedError("who was overbooked, and why, is not thrown away")
