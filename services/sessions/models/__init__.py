"""The treatment record's tables, and the mapping of its domain onto them."""

from services.sessions.models import mapping
from services.sessions.models.record import record_hash
from services.sessions.models.tables import (
    ONE_OPEN_ORDER,
    ONE_PREPARATION,
    ONE_SESSION,
    alerts,
    appointments,
    authorisations,
    clinics,
    doses,
    facts,
    integrations,
    metadata,
    orders,
    patients,
    prechecks,
    preparations,
    process_notes,
    sessions,
    vitals,
    weights,
)

__all__ = [
    "ONE_OPEN_ORDER",
    "ONE_PREPARATION",
    "ONE_SESSION",
    "alerts",
    "appointments",
    "authorisations",
    "clinics",
    "doses",
    "facts",
    "integrations",
    "mapping",
    "metadata",
    "orders",
    "patients",
    "prechecks",
    "preparations",
    "process_notes",
    "record_hash",
    "sessions",
    "vitals",
    "weights",
]
