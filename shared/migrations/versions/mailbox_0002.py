"""The audit trail, the anchors heard of others' trails, and emergency grants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "mailbox_0002"
down_revision = "mailbox_0001"
branch_labels = None
depends_on = None

serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
instant = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(JSONB(), "postgresql")

# PostgreSQL refuses by grants what SQLite, which has none, refuses by triggers.
SQLITE_GUARDS = (
    """create trigger audit_log_stays before delete on audit_log
       begin select raise(abort, 'the audit trail is append-only'); end""",
    """create trigger audit_log_is_sealed_once before update on audit_log
       when old.position is not null or new.mac is not old.mac
         or new.id is not old.id or new.clinic_id is not old.clinic_id
       begin select raise(abort, 'the audit trail is append-only'); end""",
    """create trigger audit_anchors_stay before delete on audit_anchors
       begin select raise(abort, 'the audit trail is append-only'); end""",
    """create trigger audit_anchors_stay_as_they_are before update on audit_anchors
       begin select raise(abort, 'the audit trail is append-only'); end""",
)


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("roles", sa.String(200), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("action", sa.String(160), nullable=False),
        sa.Column("record_type", sa.String(64)),
        sa.Column("record_id", sa.Uuid()),
        sa.Column("patients", document, nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.Column("position", serial),
        sa.Column("previous_id", sa.Uuid()),
        sa.Column("seal", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_clinic_id_at", "audit_log", ["clinic_id", "at"])
    unsealed = sa.text("position is null")
    op.create_index(
        "ix_audit_log_unsealed",
        "audit_log",
        ["id"],
        postgresql_where=unsealed,
        sqlite_where=unsealed,
    )
    op.create_index(
        "uq_audit_log_clinic_id_position",
        "audit_log",
        ["clinic_id", "position"],
        unique=True,
    )
    op.create_table(
        "audit_anchors",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("position", serial, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "position", name="pk_audit_anchors"),
    )
    op.create_table(
        "audit_anchors_heard",
        sa.Column("producer", sa.String(32), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("position", serial, nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("told_at", instant, nullable=False),
        sa.PrimaryKeyConstraint(
            "producer", "clinic_id", "position", name="pk_audit_anchors_heard"
        ),
    )
    op.create_table(
        "emergency_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("until", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_emergency_grants"),
    )
    op.create_index(
        "ix_emergency_grants_patient_id", "emergency_grants", ["patient_id"]
    )
    if op.get_bind().dialect.name == "sqlite":
        for guard in SQLITE_GUARDS:
            op.execute(guard)
    else:
        op.create_index(
            "ix_audit_log_patients",
            "audit_log",
            ["patients"],
            postgresql_using="gin",
            postgresql_ops={"patients": "jsonb_path_ops"},
        )


def downgrade() -> None:
    for table in (
        "emergency_grants",
        "audit_anchors_heard",
        "audit_anchors",
        "audit_log",
    ):
        op.drop_table(table)
