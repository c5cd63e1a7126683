"""Notifications' tables, and the mapping of its domain onto them."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import registry

from services.notifications.domain.messages import (
    Message,
    MessageStatus,
    Occasion,
    Patient,
    Template,
)
from services.notifications.domain.tasks import Owner, Task, TaskKind, TaskStatus
from services.notifications.domain.webhooks import (
    Delivery,
    DeliveryState,
    Outcome,
    Subscription,
    SubscriptionStatus,
)
from shared.database import Document, Serial, UtcDateTime, new_metadata, words
from shared.privacy.columns import Sealed

metadata = new_metadata()

patients = Table(
    "patients",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("channel", String(64), nullable=False),
)

occasions = Table(
    "occasions",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("patient_id", Uuid(), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("over_because", String(64)),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("patient_id", Uuid(), nullable=False, index=True),
    Column("cause_id", Uuid(), nullable=False),
    Column("template", words(Template), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("status", words(MessageStatus), nullable=False),
    Column("planned_for", UtcDateTime, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    Column("tries", Integer, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("cause_code", String(64)),
    Column("provider_id", String(200)),
    Column("correlation_id", Uuid(), nullable=False),
    Column("causation_id", Uuid()),
    UniqueConstraint("cause_id", "template", "planned_for"),
    Index("ix_messages_clinic_id_id", "clinic_id", "id"),
    Index(
        "ix_messages_planned",
        "next_try_at",
        postgresql_where=text("status = 'planned'"),
        sqlite_where=text("status = 'planned'"),
    ),
)

outbox_mails = Table(
    "outbox_mails",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False, index=True),
    Column("patient_id", Uuid(), nullable=False),
    Column("template", words(Template), nullable=False),
    Column("subject", Sealed(person="patient_id"), nullable=False),
    Column("body", Sealed(person="patient_id"), nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("patient_id", Uuid()),
    Column("kind", words(TaskKind), nullable=False),
    Column("source_id", Uuid(), nullable=False),
    Column("heard_version", Integer, nullable=False),
    Column("status", words(TaskStatus), nullable=False),
    Column("role", words(Owner)),
    Column("due_at", UtcDateTime),
    Column("level", Integer, nullable=False),
    Column("opened_at", UtcDateTime),
    Column("done_by", Uuid()),
    Column("done_at", UtcDateTime),
    UniqueConstraint("kind", "source_id"),
    Index("ix_tasks_clinic_id_status_due_at", "clinic_id", "status", "due_at"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("url", Sealed(), nullable=False),
    Column("types", Document, nullable=False),
    Column("grants", Document, nullable=False),
    Column("secret", Sealed(), nullable=False),
    Column("owner_id", Uuid(), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", words(SubscriptionStatus), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("busy_until", UtcDateTime, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("subscription_id", Uuid(), ForeignKey("subscriptions.id"), nullable=False),
    Column("event_id", Uuid(), nullable=False),
    Column("type", String(160), nullable=False),
    Column("producer", String(32), nullable=False),
    Column("sequence", Serial),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("document", Text, nullable=False),
    Column("state", words(DeliveryState), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    UniqueConstraint("subscription_id", "event_id"),
    Index(
        "ix_deliveries_pending",
        "subscription_id",
        "next_try_at",
        postgresql_where=text("state = 'pending'"),
        sqlite_where=text("state = 'pending'"),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("subscription_id", Uuid(), ForeignKey("subscriptions.id"), nullable=False),
    Column("event_id", Uuid(), nullable=False),
    Column("type", String(160), nullable=False),
    Column("number", Integer, nullable=False),
    Column("tried_at", UtcDateTime, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("outcome", words(Outcome), nullable=False),
    Column("status_code", Integer),
    Column("reason", String(64)),
    Index("ix_attempts_subscription_id_id", "subscription_id", "id"),
)

_mapper = registry()
for _kind, _table in (
    (Patient, patients),
    (Occasion, occasions),
    (Message, messages),
    (Task, tasks),
    (Subscription, subscriptions),
):
    _mapper.map_imperatively(
        _kind, _table, version_id_col=_table.c.version, version_id_generator=False
    )
_mapper.map_imperatively(Delivery, deliveries)
