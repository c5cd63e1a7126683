"""Own limits, devices at the bedside, reversals, emergencies; alerts that are resolved."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "sessions_0006"
down_revision = "sessions_0005"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)
word = sa.String(32)
document = sa.JSON().with_variant(JSONB(), "postgresql")

ADDED = {
    "orders": {
        "lowest_ug": sa.Integer(),
        "highest_ug": sa.Integer(),
        "concentration_mg_per_ml": sa.Float(),
        "weight_kg": sa.Float(),
    },
    "sessions": {
        "limits": document,
        "criteria_met_at": instant,
        "escort_missing_at": instant,
    },
    "authorisations": {"prescriber_on_site": sa.Boolean()},
    "doses": {"authorisation_id": sa.Uuid(), "verifier_id": sa.Uuid()},
    "vitals": {"distress": sa.SmallInteger(), "device_id": sa.Uuid()},
    "alerts": {
        "recheck_due_at": instant,
        "resolution": word,
        "resolved_at": instant,
        "resolved_by": sa.Uuid(),
        "resolved_note": sa.LargeBinary(),
    },
}


def needed(name: str, kind: object) -> sa.Column:
    return sa.Column(name, kind, nullable=False)


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}"
    )


def record(table: str, *columns: object) -> None:
    op.create_table(
        table,
        needed("id", sa.Uuid()),
        needed("clinic_id", sa.Uuid()),
        needed("version", sa.Integer),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )


def part(table: str, *columns: object) -> None:
    op.create_table(
        table,
        needed("id", sa.Uuid()),
        needed("session_id", sa.Uuid()),
        needed("clinic_id", sa.Uuid()),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        refers(table, "session_id", "sessions"),
    )
    op.create_index(f"ix_{table}_session_id", table, ["session_id"])


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind))
    part(
        "vitals_reversals",
        needed("vitals_id", sa.Uuid()),
        needed("reason_code", word),
        sa.Column("reason", sa.LargeBinary()),
        needed("reversed_at", instant),
        needed("reversed_by", sa.Uuid()),
        refers("vitals_reversals", "vitals_id", "vitals"),
        sa.UniqueConstraint("vitals_id", name="uq_vitals_reversals_vitals_id"),
    )
    part(
        "emergency_entries",
        needed("step", word),
        needed("done_at", instant),
        needed("noted_at", instant),
        needed("noted_by", sa.Uuid()),
        sa.Column("note", sa.LargeBinary()),
    )
    part(
        "discharge_checks",
        needed("said", document),
        needed("checked_at", instant),
        needed("checked_by", sa.Uuid()),
    )
    record(
        "own_limits",
        needed("patient_id", sa.Uuid()),
        sa.Column("order_id", sa.Uuid()),
        needed("measure", word),
        needed("phase", word),
        needed("bounds", document),
        needed("reason", sa.LargeBinary()),
        needed("set_at", instant),
        needed("set_by", sa.Uuid()),
        needed("until", instant),
        sa.Column("ended_at", instant),
        sa.Column("ended_by", sa.Uuid()),
        refers("own_limits", "order_id", "orders"),
    )
    op.create_index("ix_own_limits_patient_id", "own_limits", ["patient_id"])
    record(
        "bedside_devices",
        needed("session_id", sa.Uuid()),
        needed("patient_id", sa.Uuid()),
        needed("name", sa.String(64)),
        needed("code_hash", sa.String(64)),
        needed("added_at", instant),
        needed("added_by", sa.Uuid()),
        sa.Column("revoked_at", instant),
        refers("bedside_devices", "session_id", "sessions"),
        sa.UniqueConstraint("code_hash", name="uq_bedside_devices_code_hash"),
    )
    op.create_index("ix_bedside_devices_session_id", "bedside_devices", ["session_id"])


def downgrade() -> None:
    for table in (
        "bedside_devices",
        "own_limits",
        "discharge_checks",
        "emergency_entries",
        "vitals_reversals",
    ):
        op.drop_table(table)
    for table, columns in ADDED.items():
        for name in columns:
            op.drop_column(table, name)
