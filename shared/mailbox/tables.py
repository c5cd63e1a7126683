"""The mailbox's tables. They are the same in every service's database."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from shared.database import Serial, UtcDateTime, new_metadata
from shared.privacy.columns import Sealed
from shared.privacy.keys import NETWORK

metadata = new_metadata()


def _told() -> list[Column[object]]:
    """What an event is, wherever it is kept."""
    return [
        Column("id", Serial, primary_key=True),
        Column("event_id", Uuid(), nullable=False, unique=True),
        Column("type", String(160), nullable=False),
        Column("clinic_id", Uuid()),
        Column("aggregate_type", String(64), nullable=False),
        Column("aggregate_id", Uuid(), nullable=False),
        Column("aggregate_version", Integer, nullable=False),
        Column("payload", Text, nullable=False),
        Column("actor_id", Uuid()),
        Column("correlation_id", Uuid()),
        Column("causation_id", Uuid()),
        Column("traceparent", String(64)),
        Column("occurred_at", UtcDateTime, nullable=False),
    ]


event_log = Table(
    "event_log",
    metadata,
    *_told(),
    Column("feed_pos", Serial, unique=True),
    Column("route_state", String(16), nullable=False, server_default="pending"),
    Column("published_at", UtcDateTime),
    Column("attempts", Integer, nullable=False, server_default="0"),
    CheckConstraint(
        "route_state in ('pending', 'routed', 'unrouted', 'blocked')", "route_state"
    ),
    UniqueConstraint("aggregate_type", "aggregate_id", "aggregate_version"),
    Index(
        "ix_event_log_unsequenced",
        "id",
        postgresql_where=text("feed_pos is null"),
        sqlite_where=text("feed_pos is null"),
    ),
    Index(
        "ix_event_log_pending",
        "feed_pos",
        postgresql_where=text("route_state = 'pending'"),
        sqlite_where=text("route_state = 'pending'"),
    ),
    Index("ix_event_log_type_feed_pos", "type", "feed_pos"),
    Index("ix_event_log_correlation_id", "correlation_id"),
)

feed = Table(
    "feed",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("epoch", Uuid(), nullable=False),
    Column("head", Serial, nullable=False, server_default="0"),
)

inbox = Table(
    "inbox",
    metadata,
    *_told(),
    Column("producer", String(32), nullable=False),
    Column("sequence", Serial),
    Column("stored_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("available_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("reason", Text),
    CheckConstraint("state in ('pending', 'done', 'dead')", "state"),
    Index(
        "ix_inbox_pending",
        "available_at",
        "id",
        postgresql_where=text("state = 'pending'"),
        sqlite_where=text("state = 'pending'"),
    ),
    Index(
        "ix_inbox_unsettled_aggregate",
        "aggregate_id",
        "id",
        postgresql_where=text("state <> 'done'"),
        sqlite_where=text("state <> 'done'"),
    ),
    Index("ix_inbox_correlation_id", "correlation_id"),
)

applied = Table(
    "applied",
    metadata,
    Column("aggregate_id", Uuid(), primary_key=True),
    Column("version", Integer, nullable=False),
)

pulled = Table(
    "pulled",
    metadata,
    Column("producer", String(32), primary_key=True),
    Column("epoch", Uuid(), nullable=False),
    Column("position", Serial, nullable=False),
    Column("seen_at", UtcDateTime),
)

timers = Table(
    "timers",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("type", String(160), nullable=False),
    Column("payload", Text, nullable=False),
    Column("clinic_id", Uuid()),
    Column("aggregate_id", Uuid(), nullable=False),
    Column("actor_id", Uuid()),
    Column("correlation_id", Uuid()),
    Column("causation_id", Uuid()),
    Column("traceparent", String(64)),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("actor_id", Uuid(), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Sealed()),
    Column("etag", String(32)),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("clinic_id", Uuid(), nullable=False, server_default=NETWORK.hex),
)
