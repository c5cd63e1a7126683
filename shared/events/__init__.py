"""The published language: every event the services tell, a module per producer."""

from shared.events import (
    console,
    intake,
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
    "catalogue",
    "console",
    "intake",
    "notifications",
    "scheduling",
    "schema_of",
    "sessions",
]
