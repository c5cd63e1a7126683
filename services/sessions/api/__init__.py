"""The treatment record's routes."""

from services.sessions.api import (
    alert,
    dosing,
    integration,
    leaving,
    ledger,
    ledger_reads,
    order,
    process_note,
    readiness,
    session,
    vitals,
)
from services.sessions.api.base import routes

__all__ = [
    "alert",
    "dosing",
    "integration",
    "leaving",
    "ledger",
    "ledger_reads",
    "order",
    "process_note",
    "readiness",
    "routes",
    "session",
    "vitals",
]
