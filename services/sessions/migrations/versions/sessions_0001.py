"""Orders, treatment sessions with all that belongs to them, alerts, integrations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "sessions_0001"
down_revision = None
branch_labels = ("sessions",)
depends_on = None

instant = sa.DateTime(timezone=True)
word = sa.String(32)
document = sa.JSON().with_variant(JSONB(), "postgresql")
is_open = sa.text("status = 'open'")


def record(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *columns,
    )


def part(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        *columns,
        refers(table, "session_id", "sessions"),
    )


def needed(name: str, kind: object) -> sa.Column:
    return sa.Column(name, kind, nullable=False)


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}"
    )


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def one_open(table: str, *columns: str) -> None:
    op.create_index(
        f"uq_{table}_{'_'.join(columns)}_open",
        table,
        list(columns),
        unique=True,
        postgresql_where=is_open,
        sqlite_where=is_open,
    )


def create_copies() -> None:
    record("clinics", needed("alert_response_seconds", sa.Integer))
    record("patients", needed("episode_id", sa.Uuid()))
    record(
        "appointments",
        needed("patient_id", sa.Uuid()),
        needed("episode_id", sa.Uuid()),
        needed("type", sa.String(64)),
        needed("starts_at", instant),
        needed("ends_at", instant),
        needed("status", word),
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


def create_before_treatment() -> None:
    record(
        "orders",
        needed("patient_id", sa.Uuid()),
        needed("episode_id", sa.Uuid()),
        needed("drug", word),
        needed("route", word),
        needed("dose_ug", sa.Integer),
        needed("max_doses", sa.SmallInteger),
        needed("valid_until", instant),
        sa.Column("reason", sa.Text),
        needed("placed_at", instant),
        needed("placed_by", sa.Uuid()),
        needed("doses_given", sa.SmallInteger),
        needed("status", word),
    )
    index("orders", "patient_id")
    one_open("orders", "patient_id")
    record(
        "weights",
        needed("patient_id", sa.Uuid()),
        needed("weight_kg", sa.Float),
        needed("measured_at", instant),
        needed("measured_by", sa.Uuid()),
    )
    index("weights", "patient_id", "measured_at")
    record(
        "preparations",
        needed("patient_id", sa.Uuid()),
        needed("episode_id", sa.Uuid()),
        needed("appointment_id", sa.Uuid()),
        sa.Column("note", sa.Text),
        needed("completed_at", instant),
        needed("completed_by", sa.Uuid()),
        needed("valid_until", instant),
        sa.UniqueConstraint("appointment_id", name="uq_preparations_appointment_id"),
    )
    index("preparations", "patient_id")


def create_sessions() -> None:
    record(
        "sessions",
        needed("patient_id", sa.Uuid()),
        needed("episode_id", sa.Uuid()),
        needed("appointment_id", sa.Uuid()),
        needed("order_id", sa.Uuid()),
        needed("route", word),
        needed("identifiers_checked", document),
        needed("opened_at", instant),
        needed("opened_by", sa.Uuid()),
        needed("status", word),
        sa.Column("outcome", word),
        needed("hold_reasons", document),
        needed("baseline", document),
        sa.Column("first_dose_at", instant),
        sa.Column("last_dose_at", instant),
        sa.Column("recovery_at", instant),
        sa.Column("ended_at", instant),
        sa.Column("ended_by", sa.Uuid()),
        sa.Column("discharge_record", document),
        sa.Column("abort_record", document),
        sa.Column("signed_at", instant),
        sa.Column("signed_by", sa.Uuid()),
        sa.Column("signature_hash", sa.String(64)),
        refers("sessions", "order_id", "orders"),
        sa.UniqueConstraint("appointment_id", name="uq_sessions_appointment_id"),
    )
    index("sessions", "patient_id")
    index("sessions", "clinic_id", "status")


def create_parts() -> None:
    part(
        "prechecks",
        needed("checked_at", instant),
        needed("checked_by", sa.Uuid()),
        needed("fasting", sa.Boolean),
        needed("pregnancy_excluded", sa.Boolean),
        needed("medication_changed", sa.Boolean),
        needed("sedative_taken", sa.Boolean),
        needed("escort_confirmed", sa.Boolean),
        needed("outcome", word),
        needed("reasons", document),
        needed("rule_codes", document),
        needed("pressure_held", sa.Boolean),
    )
    index("prechecks", "session_id")
    part(
        "authorisations",
        needed("order_id", sa.Uuid()),
        needed("ordered_ug", sa.Integer),
        needed("authorised_at", instant),
        needed("authorised_by", sa.Uuid()),
        needed("outcome", word),
        sa.Column("override_reason", sa.Text),
        needed("readiness", document),
        refers("authorisations", "order_id", "orders"),
    )
    index("authorisations", "session_id")


def create_doses() -> None:
    part(
        "doses",
        needed("seq", sa.SmallInteger),
        needed("order_id", sa.Uuid()),
        needed("given_ug", sa.Integer),
        needed("drawn_ug", sa.Integer),
        needed("wasted_ug", sa.Integer),
        needed("lot", sa.String(64)),
        needed("given_at", instant),
        needed("given_by", sa.Uuid()),
        sa.Column("witness_id", sa.Uuid()),
        refers("doses", "order_id", "orders"),
        sa.UniqueConstraint("session_id", "seq", name="uq_doses_session_id_seq"),
        sa.CheckConstraint(
            "drawn_ug = given_ug + wasted_ug and given_ug > 0 and wasted_ug >= 0",
            name="ck_doses_amounts_add_up",
        ),
    )


def create_watch() -> None:
    record(
        "vitals",
        needed("session_id", sa.Uuid()),
        needed("patient_id", sa.Uuid()),
        needed("phase", word),
        needed("status", word),
        needed("taken_at", instant),
        needed("recorded_at", instant),
        needed("recorded_by", sa.Uuid()),
        needed("ratings", document),
        needed("rule_pack", sa.String(64)),
        sa.Column("late_reason", sa.Text),
        sa.Column("alert_id", sa.Uuid()),
        sa.Column("systolic_mmhg", sa.Float),
        sa.Column("diastolic_mmhg", sa.Float),
        sa.Column("heart_rate_bpm", sa.Float),
        sa.Column("spo2_percent", sa.Float),
        sa.Column("respiratory_rate_bpm", sa.Float),
        sa.Column("moaas", sa.SmallInteger),
        refers("vitals", "session_id", "sessions"),
    )
    index("vitals", "session_id", "taken_at")
    record(
        "alerts",
        needed("session_id", sa.Uuid()),
        needed("patient_id", sa.Uuid()),
        needed("severity", word),
        needed("rule_code", sa.String(64)),
        needed("raised_at", instant),
        needed("due_at", instant),
        needed("level", sa.SmallInteger),
        needed("status", word),
        sa.Column("acknowledged_at", instant),
        sa.Column("acknowledged_by", sa.Uuid()),
        sa.Column("note", sa.Text),
        refers("alerts", "session_id", "sessions"),
    )
    index("alerts", "session_id")
    index("alerts", "clinic_id", "status")
    one_open("alerts", "session_id", "rule_code")


def create_integrations() -> None:
    record(
        "integrations",
        needed("session_id", sa.Uuid()),
        needed("patient_id", sa.Uuid()),
        needed("episode_id", sa.Uuid()),
        needed("due_at", instant),
        needed("late_at", instant),
        needed("status", word),
        sa.Column("completed_at", instant),
        sa.Column("completed_by", sa.Uuid()),
        sa.Column("note", sa.Text),
        refers("integrations", "session_id", "sessions"),
        sa.UniqueConstraint("session_id", name="uq_integrations_session_id"),
    )
    index("integrations", "patient_id")


def upgrade() -> None:
    create_copies()
    create_before_treatment()
    create_sessions()
    create_parts()
    create_doses()
    create_watch()
    create_integrations()


def downgrade() -> None:
    for table in (
        "integrations",
        "alerts",
        "vitals",
        "doses",
        "authorisations",
        "prechecks",
        "sessions",
        "preparations",
        "weights",
        "orders",
        "readiness_facts",
        "appointments",
        "patients",
        "clinics",
    ):
        op.drop_table(table)
