"""Notes: drafts saved as one types, signed, signed by a second clinician, amended."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.sessions.commands import SaveDraft
from services.sessions.domain.errors import NoteSignedError, WrongStateError
from services.sessions.domain.note import Note, NoteDraft, hash_of
from services.sessions.domain.session import Session
from services.sessions.domain.states import SessionStatus
from services.sessions.handlers.loading import held
from services.sessions.models import addenda, note_drafts, notes
from shared.errors import NotFoundError, StaleError
from shared.ids import uuid7
from shared.record_forms import NOTES
from shared.rulepack import NotePart
from shared.unit_of_work import UnitOfWork


def save_draft(command: SaveDraft, uow: UnitOfWork) -> NoteDraft:
    """Keep what a note says so far; nobody but its author sees it.

    Raises:
        StaleError: it was saved from elsewhere since it was read.
        NoteSignedError: the author's note on this part is signed.
        RecordLockedError: the record is signed.
    """
    draft, session = _draft(command.session_id, command.part, uow)
    said = draft.on.answered(command.content, session.route)
    draft.save(said, reviewed=command.reviewed, at=uow.now)
    return draft


def carry_forward(session_id: UUID, part: NotePart, uow: UnitOfWork) -> NoteDraft:
    """Fill what is empty in a draft from the patient's last signed note of its part.

    Raises:
        NotFoundError: there is no such note.
    """
    draft, session = _draft(session_id, part, uow)
    earlier = _last_signed(session.patient_id, part, uow)
    if earlier is None:
        raise NotFoundError("there is no signed note of this part to carry forward")
    draft.carry(earlier, session.route, at=uow.now)
    return draft


def discard_draft(session_id: UUID, part: NotePart, uow: UnitOfWork) -> NoteDraft:
    """Its author gives a draft up.

    Raises:
        NotFoundError: there is none.
    """
    draft = _known_draft(session_id, part, uow)
    uow.db.delete(draft)
    return draft


def sign_note(session_id: UUID, part: NotePart, uow: UnitOfWork) -> Note:
    """Its author signs a draft: it is a note from now on, and changes no more.

    Raises:
        FormIncompleteError: answers are missing; it names each.
        CarriedUnreviewedError: what was carried forward was not looked at.
    """
    draft = _known_draft(session_id, part, uow)
    session = held(Session, session_id, uow)
    _demand_writable(session, part)
    draft.demand_signable(session.route)
    what: dict[str, Any] = {
        "id": uuid7(),
        "clinic_id": uow.clinic_id,
        "session_id": session.id,
        "patient_id": session.patient_id,
        "part": part,
        "form": draft.form,
        "author_id": draft.author_id,
        "content": draft.content,
        "signed_at": uow.now,
    }
    note = Note(
        **what,
        in_record=session.status is not SessionStatus.SIGNED,
        signature_hash=hash_of(what),
        needs_cosignature=draft.on.cosigned,
    )
    uow.publish(note.sign(), of=note)
    if note.needs_cosignature:
        uow.publish(note.ask_cosignature(), of=note)
    uow.db.delete(draft)
    return uow.add(note)


def cosign_note(note_id: UUID, uow: UnitOfWork) -> Note:
    """A second clinician signs a note.

    Raises:
        CosignerIsAuthorError: the author asks.
        AlreadyCosignedError: it waits for no second signature.
    """
    note = held(Note, note_id, uow)
    uow.publish(note.cosign(at=uow.now, by=uow.actor_id), of=note)
    return note


def amend_note(note_id: UUID, text: str, uow: UnitOfWork) -> dict[str, object]:
    """Add to a signed note, with a signature of its own; what it said stays."""
    note = held(Note, note_id, uow)
    session = held(Session, note.session_id, uow)
    return _add(session, text, uow, note=note)


def amend_record(session_id: UUID, text: str, uow: UnitOfWork) -> dict[str, object]:
    """Add to a signed record as a whole.

    Raises:
        WrongStateError: the record is not signed, so it can still be changed.
    """
    session = held(Session, session_id, uow)
    if session.status is not SessionStatus.SIGNED:
        raise WrongStateError(details={"state": session.status.value})
    return _add(session, text, uow)


def parts_missing(
    session: Session, required: Collection[NotePart], uow: UnitOfWork
) -> list[str]:
    """Required parts without a note that all have signed who should."""
    if not required:
        return []
    written = uow.all(select(Note).where(notes.c.session_id == session.id))
    there = {note.part for note in written if note.is_complete}
    return [part.value for part in required if part not in there]


def _add(
    session: Session, text: str, uow: UnitOfWork, note: Note | None = None
) -> dict[str, object]:
    what = {
        "id": uuid7(),
        "clinic_id": uow.clinic_id,
        "session_id": session.id,
        "note_id": note.id if note else None,
        "text": text,
        "author_id": uow.actor_id,
        "signed_at": uow.now,
    }
    kept: dict[str, object] = {**what, "signature_hash": hash_of(what)}
    uow.insert(addenda, **kept)
    uow.publish(session.amend(note), of=session)
    return kept


def _draft(
    session_id: UUID, part: NotePart, uow: UnitOfWork
) -> tuple[NoteDraft, Session]:
    """The caller's draft on a part, begun now if need be, and its session."""
    draft = _own(session_id, part, uow)
    session = uow.get(Session, session_id)
    _demand_writable(session, part)
    if draft is not None:
        return draft, session
    signed = select(Note).where(
        notes.c.session_id == session_id,
        notes.c.part == part,
        notes.c.author_id == uow.actor_id,
    )
    if uow.all(signed):
        raise NoteSignedError
    draft = NoteDraft(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        session_id=session.id,
        patient_id=session.patient_id,
        part=part,
        form=NOTES[part].reference,
        author_id=uow.actor_id,
        started_at=uow.now,
        saved_at=uow.now,
    )
    return uow.add(draft), session


def _known_draft(session_id: UUID, part: NotePart, uow: UnitOfWork) -> NoteDraft:
    draft = _own(session_id, part, uow)
    if draft is None:
        raise NotFoundError("there is no draft of yours on this part")
    return draft


def _own(session_id: UUID, part: NotePart, uow: UnitOfWork) -> NoteDraft | None:
    """The caller's draft; If-Match is about it, as the path names no id of its own."""
    expected, uow.expected = uow.expected, None
    found = uow.all(
        select(NoteDraft)
        .where(
            note_drafts.c.session_id == session_id,
            note_drafts.c.part == part,
            note_drafts.c.author_id == uow.actor_id,
        )
        .with_for_update()
    )
    version = found[0].version if found else 0
    if expected is not None and expected.version != version:
        raise StaleError(details={"version": version})
    return found[0] if found else None


def _demand_writable(session: Session, part: NotePart) -> None:
    """Refuse to write on a signed record; integration comes after it, and may."""
    if part is not NotePart.INTEGRATION:
        session.demand_unlocked()


def _last_signed(patient_id: UUID, part: NotePart, uow: UnitOfWork) -> Note | None:
    return uow.db.scalars(
        select(Note)
        .where(
            notes.c.clinic_id == uow.clinic_id,
            notes.c.patient_id == patient_id,
            notes.c.part == part,
        )
        .order_by(notes.c.signed_at.desc(), notes.c.id.desc())
        .limit(1)
    ).first()
