"""Checks after a dose: whoever misses one is called, by one timer of the session."""

from uuid import UUID

from services.sessions.domain.checks import CheckStatus, Taken, Watch
from services.sessions.domain.session import Session
from services.sessions.handlers.alert import raise_missed_check
from services.sessions.handlers.loading import held, readings_since
from services.sessions.models import packs
from shared.unit_of_work import UnitOfWork

WATCH = "watch_checks"


def begin_watch(session: Session, uow: UnitOfWork) -> None:
    """Watch from the first dose on that every check is done.

    The timer looks at the readings there are when it fires, so taking one sets none.
    """
    if watch := _watch(session, uow):
        uow.remind(WATCH, about=session.id, at=watch.next_to_miss(now=uow.now))


def watch_checks(session_id: UUID, uow: UnitOfWork) -> None:
    """A check could have been missed; after the end of a session none is any more.

    Only the last one counts: after a time when nothing ran, what matters is whether
    somebody looks at the patient now.
    """
    session = held(Session, session_id, uow)
    watch = _watch(session, uow)
    if watch is None or not session.is_running:
        return
    readings = readings_since(session.id, None, uow)
    taken = [Taken(one.taken_at, frozenset(one.values)) for one in readings]
    last = watch.last_to_miss(taken, now=uow.now)
    if last is not None and last.status is CheckStatus.MISSED:
        raise_missed_check(session, uow)
    uow.remind(WATCH, about=session.id, at=watch.next_to_miss(now=uow.now))


def end_watch(session: Session, uow: UnitOfWork) -> None:
    """Nobody has to look any more."""
    uow.forget(WATCH, about=session.id)


def _watch(session: Session, uow: UnitOfWork) -> Watch | None:
    if session.first_dose_at is None:
        return None
    pack = packs.at_hand(uow.connection, uow.clinic_id, uow.now)
    return Watch(
        route=session.route, rules=pack.monitoring, first_dose_at=session.first_dose_at
    )
