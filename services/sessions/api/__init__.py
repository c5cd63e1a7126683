"""The treatment record's routes."""

from services.sessions.api import (
    adverse_event,
    alert,
    dose_report,
    dosing,
    integration,
    leaving,
    ledger,
    ledger_reads,
    note,
    order,
    process_note,
    readiness,
    rems,
    session,
    vitals,
)
from services.sessions.api.base import routes

__all__ = [
    "adverse_event",
    "alert",
    "dose_report",
    "dosing",
    "integration",
    "leaving",
    "ledger",
    "ledger_reads",
    "note",
    "order",
    "process_note",
    "readiness",
    "rems",
    "routes",
    "session",
    "vitals",
]
