"""What a signature covers: the whole record of a session, and its hash."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, Table, select

from services.sessions.models.bedside import (
    discharge_checks,
    emergency_entries,
    vitals_reversals,
)
from services.sessions.models.tables import (
    alerts,
    authorisations,
    doses,
    prechecks,
    sessions,
    vitals,
)
from services.sessions.models.written import notes
from shared.privacy.columns import opened

_PARTS = (prechecks, authorisations, vitals, alerts, doses)
_LEFT_OUT = frozenset({"version", "status", "signature_hash"})
"""Of the session itself: what signing changes."""
_SIGNED_OF_NOTES = (
    "id",
    "part",
    "form",
    "author_id",
    "content",
    "signed_at",
    "signature_hash",
)

_LATER_PARTS = (vitals_reversals, emergency_entries, discharge_checks)
_LATER = frozenset(
    {
        "limits",
        "criteria_met_at",
        "escort_missing_at",
        "prescriber_on_site",
        "stale_reason",
        "authorisation_id",
        "verifier_id",
        "distress",
        "device_id",
        "recheck_due_at",
        "resolution",
        "resolved_at",
        "resolved_by",
        "resolved_note",
    }
)
"""Parts and columns that records signed before do not have. Where they say nothing they
are left out, so that an old signature still holds."""


def record_hash(session_id: UUID, connection: Connection) -> str:
    """The SHA-256 of a record's canonical content, in hexadecimal.

    Canonical is JSON with sorted keys and no spaces; rows are in the order of their
    ids, times in UTC, so both databases and every later reader get the same text.
    """
    own = _rows(sessions, "id", session_id, connection)
    content: dict[str, object] = {
        "session": [
            {name: value for name, value in row.items() if name not in _LEFT_OUT}
            for row in own
        ]
    }
    for table in _PARTS:
        content[table.name] = _rows(table, "session_id", session_id, connection)
    for table in _LATER_PARTS:
        if rows := _rows(table, "session_id", session_id, connection):
            content[table.name] = rows
    if written := _notes_of(session_id, connection):
        content["notes"] = written
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _notes_of(session_id: UUID, connection: Connection) -> list[dict[str, object]]:
    """The notes of a record as their authors signed them.

    One on integration may come after the record was signed, and so may a second
    signature: neither is covered. Records signed before there were notes have none,
    and their content is what it was.
    """
    signed = [notes.c[name] for name in _SIGNED_OF_NOTES]
    query = select(*signed).where(notes.c.session_id == session_id, notes.c.in_record)
    rows = connection.execute(query.order_by(notes.c.id))
    return [dict(row) for row in opened(connection, rows)]


def _rows(
    table: Table, column: str, session_id: UUID, connection: Connection
) -> list[dict[str, object]]:
    query = select(table).where(table.c[column] == session_id).order_by(table.c.id)
    # What is signed is what is said: how it is sealed changes with the keys.
    return [_said(row) for row in opened(connection, connection.execute(query))]


def _said(row: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value
        for name, value in row.items()
        if value is not None or name not in _LATER
    }


def _plain(value: object) -> str:
    """What JSON has no word for: times and ids."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
