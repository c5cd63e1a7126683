"""The published language: every event the services tell, a module per producer."""

from shared.events import (
    bedside,
    console,
    intake,
    ledger,
    notifications,
    scheduling,
    sessions,
)
from shared.events.base import Code, Event, Sensitivity, Zone, catalogue, schema_of

__all__ = [
    "Code",
    "Event",
    "Sensitivity",
    "Zone",
    "bedside",
    "catalogue",
    "console",
    "intake",
    "ledger",
    "notifications",
    "scheduling",
    "schema_of",
    "sessions",
]
