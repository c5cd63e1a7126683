"""Routes of notes: drafts saved as one types, signatures, addenda."""

from typing import Any
from uuid import UUID

from services.sessions.api.base import routes
from services.sessions.commands import SaveDraft
from services.sessions.domain.note import Note, NoteDraft
from services.sessions.handlers import note as handlers
from services.sessions.queries import note as queries
from services.sessions.schemas import note as schemas
from shared import access
from shared.errors import NotFoundError
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.rulepack import NotePart
from shared.unit_of_work import UnitOfWork

_saved = schemas.SavedDraftView()


@routes.get(
    "/sessions/<uuid:session_id>/notes",
    scope=access.CHART_READ,
    gives=schemas.NotesView(),
)
def list_notes(reading: Reading, session_id: UUID) -> dict[str, Any]:
    """What is written on a session, and the caller's own drafts."""
    return queries.notes_of(reading, session_id, current_runtime().clock())


@routes.get(
    "/sessions/<uuid:session_id>/notes/<part>/draft",
    scope=access.NOTES_WRITE,
    gives=schemas.DraftView(),
)
def show_draft(reading: Reading, session_id: UUID, part: str) -> dict[str, Any]:
    """The caller's draft on a part, and what its form asks."""
    return queries.draft_of(reading, session_id, _part(part))


@routes.put(
    "/sessions/<uuid:session_id>/notes/<part>/draft",
    scope=access.NOTES_WRITE,
    takes=schemas.DraftBody(),
    gives=_saved,
)
def save_draft(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID, part: str
) -> NoteDraft:
    """Keep what a note says so far; If-Match is about the draft."""
    reviewed = tuple(body["reviewed"])
    command = SaveDraft(
        session_id=session_id,
        part=_part(part),
        content=body["content"],
        reviewed=reviewed,
    )
    return handlers.save_draft(command, uow)


@routes.delete(
    "/sessions/<uuid:session_id>/notes/<part>/draft",
    scope=access.NOTES_WRITE,
    gives=_saved,
)
def discard_draft(uow: UnitOfWork, session_id: UUID, part: str) -> NoteDraft:
    """Its author gives a draft up."""
    return handlers.discard_draft(session_id, _part(part), uow)


@routes.post(
    "/sessions/<uuid:session_id>/notes/<part>/carry-forward",
    scope=access.NOTES_WRITE,
    gives=_saved,
)
def carry_forward(uow: UnitOfWork, session_id: UUID, part: str) -> NoteDraft:
    """Fill what is empty from the patient's last signed note of this part."""
    return handlers.carry_forward(session_id, _part(part), uow)


@routes.post(
    "/sessions/<uuid:session_id>/notes/<part>/sign",
    scope=access.NOTES_WRITE,
    gives=schemas.NoteView(),
    status=201,
)
def sign_note(uow: UnitOfWork, session_id: UUID, part: str) -> Note:
    """The author signs the draft; it is a note, and changes no more."""
    return handlers.sign_note(session_id, _part(part), uow)


@routes.post(
    "/notes/<uuid:note_id>/cosign",
    scope=access.NOTES_WRITE,
    gives=schemas.NoteView(),
)
def cosign_note(uow: UnitOfWork, note_id: UUID) -> Note:
    """A second clinician signs a note."""
    return handlers.cosign_note(note_id, uow)


@routes.post(
    "/notes/<uuid:note_id>/addenda",
    scope=access.NOTES_WRITE,
    takes=schemas.AddendumBody(),
    gives=schemas.AddendumView(),
    status=201,
)
def amend_note(uow: UnitOfWork, body: dict[str, Any], note_id: UUID) -> dict[str, Any]:
    """Add to a signed note."""
    return handlers.amend_note(note_id, body["text"], uow)


@routes.post(
    "/sessions/<uuid:session_id>/addenda",
    scope=access.NOTES_WRITE,
    takes=schemas.AddendumBody(),
    gives=schemas.AddendumView(),
    status=201,
)
def amend_record(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID
) -> dict[str, Any]:
    """Add to a signed record."""
    return handlers.amend_record(session_id, body["text"], uow)


def _part(said: str) -> NotePart:
    """The part a path names.

    Raises:
        NotFoundError: no session has such a part.
    """
    if said not in list(NotePart):
        raise NotFoundError("a session has no such part")
    return NotePart(said)
