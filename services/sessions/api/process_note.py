"""Routes of process notes: their author writes and reads them, and nobody else."""

from typing import Any
from uuid import UUID

from services.sessions import queries
from services.sessions.api.base import routes
from services.sessions.commands import WriteProcessNote
from services.sessions.handlers import process_note as handlers
from services.sessions.schemas.process_note import (
    KeptNoteView,
    ProcessNoteBody,
    ProcessNotesView,
)
from shared import access
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.post(
    "/sessions/<uuid:session_id>/process-notes",
    scope=access.PROCESS_NOTES,
    takes=ProcessNoteBody(),
    gives=KeptNoteView(),
    status=201,
)
def write_process_note(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID
) -> dict[str, object]:
    """A therapist notes something for nobody else."""
    command = WriteProcessNote(session_id=session_id, **body)
    return handlers.write_process_note(command, uow)


@routes.get(
    "/sessions/<uuid:session_id>/process-notes",
    scope=access.PROCESS_NOTES,
    gives=ProcessNotesView(),
)
def list_process_notes(reading: Reading, session_id: UUID) -> dict[str, Any]:
    """The caller's own process notes; that others wrote any is not told."""
    return {"items": queries.process_notes_of(reading, session_id)}
