"""The tables of calendars: links to ours, and busy times from those of others."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Uuid
from sqlalchemy.orm import registry

from services.scheduling.domain import BusyFeed, CalendarLink
from services.scheduling.models.base import metadata
from shared.database import UtcDateTime
from shared.privacy.columns import Sealed

calendar_links = Table(
    "calendar_links",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("resource_id", Uuid(), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("label", Sealed(), nullable=False),
    Column("shows_room", Boolean, nullable=False),
    Column("made_by", Uuid(), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

busy_feeds = Table(
    "busy_feeds",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("resource_id", Uuid(), nullable=False, unique=True),
    Column("url", Sealed()),
    Column("next_at", UtcDateTime, index=True),
    Column("read_at", UtcDateTime),
    Column("problem", String(64)),
)

busy_times = Table(
    "busy_times",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("feed_id", Uuid(), ForeignKey("busy_feeds.id"), nullable=False, index=True),
    Column("resource_id", Uuid(), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Index("ix_busy_times_clinic_id_starts_at", "clinic_id", "starts_at"),
    Index("ix_busy_times_resource_id_starts_at", "resource_id", "starts_at"),
)

_mapper = registry()
for _kind, _table in ((CalendarLink, calendar_links), (BusyFeed, busy_feeds)):
    _mapper.map_imperatively(
        _kind, _table, version_id_col=_table.c.version, version_id_generator=False
    )
