"""Messages and what they are about, tasks, subscriptions and their deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "notifications_0001"
down_revision = None
branch_labels = ("notifications",)
depends_on = None

instant = sa.DateTime(timezone=True)
document = sa.JSON().with_variant(JSONB(), "postgresql")
serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def record(table: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *columns,
    )


def partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, postgresql_where=condition, sqlite_where=condition
    )


def create_messages() -> None:
    record("patients", sa.Column("channel", sa.String(64), nullable=False))
    record(
        "occasions",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", instant, nullable=False),
        sa.Column("over_because", sa.String(64)),
    )
    record(
        "messages",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("planned_for", instant, nullable=False),
        sa.Column("next_try_at", instant, nullable=False),
        sa.Column("leased_until", instant),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("sent_at", instant),
        sa.Column("cause_code", sa.String(64)),
        sa.Column("provider_id", sa.String(200)),
        sa.Column("correlation_id", sa.Uuid(), nullable=False),
        sa.Column("causation_id", sa.Uuid()),
        sa.UniqueConstraint(
            "cause_id",
            "template",
            "planned_for",
            name="uq_messages_cause_id_template_planned_for",
        ),
    )
    op.create_index("ix_messages_patient_id", "messages", ["patient_id"])
    op.create_index("ix_messages_clinic_id_id", "messages", ["clinic_id", "id"])
    partial("ix_messages_planned", "messages", ["next_try_at"], "status = 'planned'")
    op.create_table(
        "outbox_mails",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("kept_at", instant, nullable=False),
    )
    op.create_index("ix_outbox_mails_clinic_id", "outbox_mails", ["clinic_id"])


def create_tasks() -> None:
    record(
        "tasks",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("heard_version", sa.Integer, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("role", sa.String(32)),
        sa.Column("due_at", instant),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("opened_at", instant),
        sa.Column("done_by", sa.Uuid()),
        sa.Column("done_at", instant),
        sa.UniqueConstraint("kind", "source_id", name="uq_tasks_kind_source_id"),
    )
    op.create_index(
        "ix_tasks_clinic_id_status_due_at", "tasks", ["clinic_id", "status", "due_at"]
    )


def create_webhooks() -> None:
    record(
        "subscriptions",
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("types", document, nullable=False),
        sa.Column("grants", document, nullable=False),
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("busy_until", instant, nullable=False),
    )
    op.create_index("ix_subscriptions_clinic_id", "subscriptions", ["clinic_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(160), nullable=False),
        sa.Column("producer", sa.String(32), nullable=False),
        sa.Column("sequence", serial),
        sa.Column("occurred_at", instant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name="fk_deliveries_subscription_id",
        ),
        sa.UniqueConstraint(
            "subscription_id",
            "event_id",
            name="uq_deliveries_subscription_id_event_id",
        ),
    )
    partial(
        "ix_deliveries_pending",
        "deliveries",
        ["subscription_id", "next_try_at"],
        "state = 'pending'",
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(160), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("tried_at", instant, nullable=False),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("status_code", sa.Integer),
        sa.Column("reason", sa.String(64)),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name="fk_attempts_subscription_id",
        ),
    )
    op.create_index(
        "ix_attempts_subscription_id_id", "attempts", ["subscription_id", "id"]
    )


def upgrade() -> None:
    create_messages()
    create_tasks()
    create_webhooks()


def downgrade() -> None:
    for table in (
        "attempts",
        "deliveries",
        "subscriptions",
        "tasks",
        "outbox_mails",
        "messages",
        "occasions",
        "patients",
    ):
        op.drop_table(table)
