"""Clinics, patients, referrals, episodes, and what is answered and signed on them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "intake_0001"
down_revision = None
branch_labels = ("intake",)
depends_on = None

instant = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(JSONB(), "postgresql")


def part(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )


def record(table: str, *columns: sa.schema.SchemaItem) -> None:
    part(table, sa.Column("version", sa.Integer, nullable=False), *columns)


def belongs(table: str, to: str) -> list[sa.schema.SchemaItem]:
    name = f"{to.removesuffix('s')}_id"
    return [
        sa.Column(name, sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_{table}_{name}"),
    ]


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def people() -> None:
    record("clinics", sa.Column("time_zone", sa.String(64), nullable=False))
    record(
        "patients",
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("given_name", sa.String(120), nullable=False),
        sa.Column("family_name", sa.String(120), nullable=False),
        sa.Column("birth_date", sa.Date, nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("phone", sa.String(40)),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("registered_at", instant, nullable=False),
    )
    index("patients", "clinic_id", "id")


def referrals() -> None:
    record(
        "referrals",
        *belongs("referrals", to="patients"),
        sa.Column("source_type", sa.String(64), nullable=False),
        sa.Column("identifier_system", sa.String(200), nullable=False),
        sa.Column("identifier_value", sa.String(200), nullable=False),
        sa.Column("letter_reference", sa.String(500)),
        sa.Column("received_at", instant, nullable=False),
        sa.UniqueConstraint(
            "clinic_id",
            "identifier_system",
            "identifier_value",
            name="uq_referrals_clinic_id_identifier_system_identifier_value",
        ),
    )
    index("referrals", "patient_id")
    part(
        "codings",
        *belongs("codings", to="referrals"),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("system", sa.String(500), nullable=False),
        sa.Column("code", sa.String(500), nullable=False),
        sa.Column("display", sa.String(1000), nullable=False),
    )
    index("codings", "referral_id")
    part(
        "coverages",
        *belongs("coverages", to="referrals"),
        sa.Column("payer", sa.String(500), nullable=False),
        sa.Column("member_id", sa.String(500)),
    )
    index("coverages", "referral_id")


def episodes() -> None:
    record(
        "episodes",
        *belongs("episodes", to="patients"),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("eligible_until", instant),
        sa.Column("prepared_at", instant),
    )
    index("episodes", "patient_id")
    part(
        "screens",
        *belongs("screens", to="episodes"),
        sa.Column("answers", document, nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", instant, nullable=False),
    )
    index("screens", "episode_id")
    part(
        "decisions",
        *belongs("decisions", to="episodes"),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("reason_codes", document, nullable=False),
        sa.Column("missing", document, nullable=False),
        sa.Column("override_reason", sa.Text),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("rule_pack", sa.String(64), nullable=False),
        sa.Column("screen_id", sa.Uuid()),
        sa.Column("signed_by", sa.Uuid(), nullable=False),
        sa.Column("signed_at", instant, nullable=False),
        sa.Column("valid_until", instant),
        sa.Column("signature_hash", sa.String(64), nullable=False),
    )
    index("decisions", "episode_id")
    part(
        "no_shows",
        *belongs("no_shows", to="episodes"),
        sa.Column("noted_at", instant, nullable=False),
    )
    index("no_shows", "episode_id")


def answers() -> None:
    record(
        "measures",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *belongs("measures", to="episodes"),
        sa.Column("instrument", sa.String(64), nullable=False),
        sa.Column("context", sa.String(32), nullable=False),
        sa.Column("answers", document, nullable=False),
        sa.Column("total", sa.Integer),
        sa.Column("band", sa.String(64)),
        sa.Column("level", sa.String(64)),
        sa.Column("alert", sa.Boolean, nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", instant, nullable=False),
        sa.Column("safety_flag_id", sa.Uuid()),
    )
    index("measures", "episode_id")
    record(
        "safety_flags",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *belongs("safety_flags", to="episodes"),
        sa.Column("measure_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(32), nullable=False),
        sa.Column("raised_at", instant, nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("cleared_at", instant),
        sa.Column("cleared_by", sa.Uuid()),
        sa.Column("note", sa.Text),
    )
    index("safety_flags", "episode_id")
    index("safety_flags", "clinic_id", "cleared_at")


def agreements() -> None:
    record(
        "consents",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *belongs("consents", to="episodes"),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("document_version", sa.String(64), nullable=False),
        sa.Column("witness_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("signed_at", instant, nullable=False),
        sa.Column("valid_until", instant, nullable=False),
        sa.Column("withdrawn_at", instant),
        sa.Column("withdrawn_by", sa.Uuid()),
    )
    index("consents", "episode_id")
    record(
        "clearances",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *belongs("clearances", to="episodes"),
        sa.Column("note", sa.Text),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("granted_at", instant, nullable=False),
        sa.Column("valid_until", instant, nullable=False),
    )
    index("clearances", "episode_id")


def upgrade() -> None:
    people()
    referrals()
    episodes()
    answers()
    agreements()


def downgrade() -> None:
    for table in (
        "clearances",
        "consents",
        "safety_flags",
        "measures",
        "no_shows",
        "decisions",
        "screens",
        "episodes",
        "coverages",
        "codings",
        "referrals",
        "patients",
        "clinics",
    ):
        op.drop_table(table)
