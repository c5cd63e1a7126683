"""What screens read of notes: those that are signed, and the reader's own drafts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.sessions.domain.note import hash_of
from services.sessions.models import addenda, note_drafts, notes, packs, sessions
from shared.reading import Reading, Row
from shared.record_forms import FORMS, NOTES
from shared.rulepack import NotePart, Route


def notes_of(reading: Reading, session_id: UUID, now: datetime) -> dict[str, Any]:
    """Signed notes of a session with what was added to them, and the reader's drafts.

    Raises:
        NotFoundError: there is no such session in this clinic.
    """
    session = _session(reading, session_id)
    pack = packs.at_hand(reading.connection, reading.context.clinic_id, now)
    written = reading.rows(
        reading.select(notes)
        .where(notes.c.session_id == session_id)
        .order_by(notes.c.signed_at, notes.c.id)
    )
    added = reading.rows(
        reading.select(addenda)
        .where(addenda.c.session_id == session_id)
        .order_by(addenda.c.signed_at, addenda.c.id)
    )
    complete = {
        row["part"]
        for row in written
        if row["cosigned_at"] or not row["needs_cosignature"]
    }
    return {
        "patient_id": session["patient_id"],
        "items": [_note(row, session["route"], added) for row in written],
        "addenda": [one for one in added if one["note_id"] is None],
        "drafts": _drafts(reading, session_id),
        "parts_missing": [
            part for part in pack.record.required_parts if part not in complete
        ],
    }


def draft_of(reading: Reading, session_id: UUID, part: NotePart) -> dict[str, Any]:
    """The reader's draft on a part, or an empty one, and what its form asks.

    Raises:
        NotFoundError: there is no such session in this clinic.
    """
    session = _session(reading, session_id)
    own = [row for row in _drafts(reading, session_id) if row["part"] == part]
    form = FORMS[own[0]["form"]] if own else NOTES[part]
    empty = {"version": 0, "content": {}, "carried": [], "carried_from": None}
    return {
        "session_id": session_id,
        "patient_id": session["patient_id"],
        "part": part,
        "form": form.reference,
        "title": form.title,
        "cosigned": form.cosigned,
        "saved_at": None,
        **(own[0] if own else empty),
        "sections": form.asked(session["route"]),
    }


def _session(reading: Reading, session_id: UUID) -> Row:
    own = (sessions.c.patient_id, sessions.c.route)
    return reading.one(
        reading.select(sessions, *own).where(sessions.c.id == session_id), "session"
    )


def _drafts(reading: Reading, session_id: UUID) -> list[Row]:
    return reading.rows(
        reading.select(note_drafts)
        .where(
            note_drafts.c.session_id == session_id,
            note_drafts.c.author_id == reading.context.actor.id,
        )
        .order_by(note_drafts.c.id)
    )


def _note(row: Row, route: Route, added: list[Row]) -> Row:
    """A signed note as it is read: on the form it was written on, addenda inline."""
    form = FORMS[row["form"]]
    return {
        **row,
        "title": form.title,
        "sections": [
            {
                "code": section.code,
                "label": section.label,
                "kind": section.kind,
                "unit": section.unit,
                "answer": row["content"].get(section.code),
            }
            for section in form.asked(route)
        ],
        "addenda": [one for one in added if one["note_id"] == row["id"]],
        "signature_holds": hash_of(row) == row["signature_hash"],
    }
