"""What was done in an emergency."""

from services.sessions.commands import NoteEmergency
from services.sessions.domain.emergency import EmergencyEntry
from services.sessions.domain.session import Session
from services.sessions.domain.vitals import CLOCK_SKEW
from services.sessions.handlers.loading import held
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def note_emergency(command: NoteEmergency, uow: UnitOfWork) -> EmergencyEntry:
    """Write down what was done, and when; nobody waits for it.

    Raises:
        InvalidError: it is yet to come, or the record was not open then.
    """
    session = held(Session, command.session_id, uow)
    done_at = command.done_at or uow.now
    if done_at > uow.now + CLOCK_SKEW:
        raise InvalidError("that time is yet to come", field="done_at")
    if done_at < session.opened_at:
        raise InvalidError("the record was not open then", field="done_at")
    uow.publish(session.note_emergency(command.step), of=session)
    entry = EmergencyEntry(
        id=uuid7(),
        session_id=session.id,
        clinic_id=uow.clinic_id,
        step=command.step,
        done_at=min(done_at, uow.now),
        noted_at=uow.now,
        noted_by=uow.actor_id,
        note=command.note,
    )
    uow.db.add(entry)
    return entry
