"""Records as handlers need them: held until the transaction ends, or in order."""

from dataclasses import fields
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, exists, literal_column, select

from services.sessions.domain.alert import UNRESOLVED, Alert, AlertStatus
from services.sessions.domain.errors import AlertOpenError, AlertUnresolvedError
from services.sessions.domain.session import Session
from services.sessions.domain.vitals import Vitals
from services.sessions.domain.watched import Watched
from services.sessions.models import alerts, is_counted, packs, sessions, vitals
from shared.access import Role
from shared.aggregate import Aggregate
from shared.errors import NotFoundError
from shared.rulepack import RulePack, VitalsPhase
from shared.statements import ReadyQuery
from shared.unit_of_work import UnitOfWork

A = TypeVar("A", bound=Aggregate)

_SEEN = [sessions.c[item.name] for item in fields(Watched)]
_IS_ALERTED = exists().where(
    alerts.c.session_id == sessions.c.id,
    alerts.c.status != literal_column(f"'{AlertStatus.RESOLVED}'"),
)
_GLANCE = ReadyQuery(
    select(
        *_SEEN,
        packs.digest_at_hand(sessions.c.clinic_id).label("rules"),
        _IS_ALERTED.label("is_alerted"),
    )
    .where(
        sessions.c.id == bindparam("which"),
        sessions.c.clinic_id == bindparam("clinic"),
    )
    .with_for_update(key_share=True)
)


def held(kind: type[A], record_id: UUID, uow: UnitOfWork) -> A:
    """A record of this clinic that nobody else changes until this transaction ends.

    What is decided on a session, its readings and its alerts is decided one after the
    other: PostgreSQL locks the row, SQLite has one writer anyway. Orders are held after
    sessions, patients and appointments, and before facts, so nothing deadlocks.

    Raises:
        NotFoundError: there is none; one of another clinic counts as none.
        StaleError: the client decided on an older version of it.
    """
    return uow.get(kind, record_id, held=True)


class Glance(NamedTuple):
    """What a reading is judged by; `is_alerted` says that an alert is not over."""

    session: Watched
    pack: RulePack
    is_alerted: bool


def glance(session_id: UUID, uow: UnitOfWork) -> Glance:
    """A session to look at but not to change, held all the same, and the rules at hand.

    One row is read. Readings are kept whatever happens, so a rule pack whose text has
    not arrived does not hold them up; they say which one they were judged by.

    Raises:
        NotFoundError: there is none; one of another clinic counts as none.
        StaleError: the client decided on an older version of it.
    """
    row = _GLANCE.first(
        uow.connection, which=session_id, clinic=uow.clinic_id, at=uow.now
    )
    if row is None:
        raise NotFoundError("there is no such session in this clinic")
    pack = packs.read(row.pop("rules"), uow.connection)
    is_alerted = bool(row.pop("is_alerted"))
    session = Watched(**row)
    if uow.expected is not None:
        uow.expected.check(session)
    return Glance(session, pack, is_alerted)


def readings_of(session: Session, uow: UnitOfWork) -> list[Vitals]:
    """What can be decided on, in the order it was taken in.

    Once a dose was given, only what was measured since the last one says anything.
    """
    if session.last_dose_at is None:
        return readings_since(session.id, None, uow)
    since = readings_since(session.id, session.last_dose_at, uow)
    return [one for one in since if one.phase is VitalsPhase.DURING]


def readings_since(
    session_id: UUID, since: datetime | None, uow: UnitOfWork
) -> list[Vitals]:
    """What was measured in a session from a time on, and counts."""
    query = select(vitals).where(
        vitals.c.session_id == session_id,
        vitals.c.clinic_id == uow.clinic_id,
        is_counted,
    )
    if since is not None:
        query = query.where(vitals.c.taken_at >= since)
    rows = uow.connection.execute(query.order_by(vitals.c.taken_at, vitals.c.id))
    return [Vitals(**row._mapping) for row in rows]


def open_alerts(session_id: UUID, uow: UnitOfWork) -> list[Alert]:
    """A session's alerts that nobody has taken on."""
    return uow.all(
        select(Alert).where(
            alerts.c.session_id == session_id, alerts.c.status == AlertStatus.OPEN
        )
    )


def unresolved_alerts(session_id: UUID, uow: UnitOfWork) -> list[Alert]:
    """A session's alerts that are not over."""
    return uow.all(
        select(Alert)
        .where(
            alerts.c.session_id == session_id,
            alerts.c.status.in_(sorted(UNRESOLVED)),
        )
        .order_by(alerts.c.id)
    )


def demand_no_alert(session_id: UUID, uow: UnitOfWork) -> None:
    """Refuse while an alert is open.

    Raises:
        AlertOpenError: one is.
    """
    if found := open_alerts(session_id, uow):
        raise AlertOpenError(details={"alert_ids": [str(alert.id) for alert in found]})


def demand_all_resolved(session_id: UUID, uow: UnitOfWork) -> None:
    """Refuse while an alert that was taken on is not over.

    Raises:
        AlertUnresolvedError: it was not measured again since.
    """
    if found := unresolved_alerts(session_id, uow):
        ids = [str(alert.id) for alert in found]
        raise AlertUnresolvedError(details={"alert_ids": ids})


def is_prescriber(uow: UnitOfWork) -> bool:
    """Whether a prescriber asks."""
    return Role.PRESCRIBER in uow.context.actor.roles_in(uow.clinic_id)
