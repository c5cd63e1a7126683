"""Process notes: a therapist's own, kept apart from the record, told to nobody."""

from uuid import UUID

from sqlalchemy import select

from services.sessions.commands import WriteProcessNote
from services.sessions.models import process_notes, sessions
from shared.errors import NotFoundError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def write_process_note(command: WriteProcessNote, uow: UnitOfWork) -> dict[str, object]:
    """Keep a note for its author; what it says is not given back.

    A signed record takes a process note too: it is no part of the record.

    Raises:
        NotFoundError: there is no such session in this clinic.
    """
    _demand_session(command.session_id, uow)
    kept = {
        "id": uuid7(),
        "clinic_id": uow.clinic_id,
        "session_id": command.session_id,
        "author_id": uow.actor_id,
        "written_at": uow.now,
    }
    uow.insert(process_notes, **kept, note=command.note)
    return kept


def _demand_session(session_id: UUID, uow: UnitOfWork) -> None:
    this = sessions.c.id == session_id, sessions.c.clinic_id == uow.clinic_id
    if uow.connection.execute(select(sessions.c.id).where(*this)).first() is None:
        raise NotFoundError("there is no such session in this clinic")
