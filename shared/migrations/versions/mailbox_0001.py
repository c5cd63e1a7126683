"""The mailbox: event log, feed, inbox, timers, idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "mailbox_0001"
down_revision = None
branch_labels = ("mailbox",)
depends_on = None

serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
instant = sa.DateTime(timezone=True)


def told() -> list[sa.Column]:
    return [
        sa.Column("id", serial, primary_key=True),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(160), nullable=False),
        sa.Column("clinic_id", sa.Uuid()),
        sa.Column("aggregate_type", sa.String(64), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("aggregate_version", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("correlation_id", sa.Uuid()),
        sa.Column("causation_id", sa.Uuid()),
        sa.Column("traceparent", sa.String(64)),
        sa.Column("occurred_at", instant, nullable=False),
    ]


def partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, postgresql_where=condition, sqlite_where=condition
    )


def upgrade() -> None:
    op.create_table(
        "event_log",
        *told(),
        sa.Column("feed_pos", serial),
        sa.Column("route_state", sa.String(16), nullable=False, server_default="pending"),
        sa.Column("published_at", instant),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.CheckConstraint(
            "route_state in ('pending', 'routed', 'unrouted', 'blocked')",
            name="ck_event_log_route_state",
        ),
        sa.UniqueConstraint("event_id", name="uq_event_log_event_id"),
        sa.UniqueConstraint("feed_pos", name="uq_event_log_feed_pos"),
        sa.UniqueConstraint(
            "aggregate_type",
            "aggregate_id",
            "aggregate_version",
            name="uq_event_log_aggregate_type_aggregate_id_aggregate_version",
        ),
    )
    partial("ix_event_log_unsequenced", "event_log", ["id"], "feed_pos is null")
    partial("ix_event_log_pending", "event_log", ["feed_pos"], "route_state = 'pending'")
    op.create_index("ix_event_log_type_feed_pos", "event_log", ["type", "feed_pos"])
    op.create_index("ix_event_log_correlation_id", "event_log", ["correlation_id"])
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("head", serial, nullable=False, server_default="0"),
    )
    op.create_table(
        "inbox",
        *told(),
        sa.Column("producer", sa.String(32), nullable=False),
        sa.Column("sequence", serial),
        sa.Column("stored_at", instant, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, server_default="pending"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("available_at", instant, nullable=False),
        sa.Column("settled_at", instant),
        sa.Column("reason", sa.Text),
        sa.CheckConstraint(
            "state in ('pending', 'done', 'dead')", name="ck_inbox_state"
        ),
        sa.UniqueConstraint("event_id", name="uq_inbox_event_id"),
    )
    partial("ix_inbox_pending", "inbox", ["available_at", "id"], "state = 'pending'")
    partial(
        "ix_inbox_unsettled_aggregate",
        "inbox",
        ["aggregate_id", "id"],
        "state <> 'done'",
    )
    op.create_index("ix_inbox_correlation_id", "inbox", ["correlation_id"])
    op.create_table(
        "applied",
        sa.Column("aggregate_id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "pulled",
        sa.Column("producer", sa.String(32), primary_key=True),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("position", serial, nullable=False),
    )
    op.create_table(
        "timers",
        sa.Column("key", sa.String(160), primary_key=True),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("type", sa.String(160), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("clinic_id", sa.Uuid()),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("correlation_id", sa.Uuid()),
        sa.Column("causation_id", sa.Uuid()),
        sa.Column("traceparent", sa.String(64)),
    )
    op.create_index("ix_timers_due_at", "timers", ["due_at"])
    op.create_table(
        "idempotency_keys",
        sa.Column("actor_id", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("etag", sa.String(32)),
        sa.Column("created_at", instant, nullable=False),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def downgrade() -> None:
    for table in (
        "idempotency_keys",
        "timers",
        "pulled",
        "applied",
        "inbox",
        "feed",
        "event_log",
    ):
        op.drop_table(table)
