"""Vital signs: the path that is taken most.

An ordinary reading reads one row and inserts two, without the ORM: those inserts and
the commit then are one round trip.
"""

from services.sessions.commands import RecordVitals
from services.sessions.domain.limits import in_force
from services.sessions.domain.session import Session
from services.sessions.domain.vitals import (
    Vitals,
    alarms,
    demand_possible,
    level_measured,
    ratings_kept,
    time_taken,
)
from services.sessions.domain.watched import Watched
from services.sessions.handlers.adverse_event import suggest_adverse_events
from services.sessions.handlers.alert import raise_alerts, settle_alerts
from services.sessions.handlers.loading import glance, held
from services.sessions.models import vitals as table
from shared.ids import uuid7
from shared.rulepack import Decision, Status
from shared.unit_of_work import UnitOfWork

_COLUMNS = tuple(table.c.keys())


def record_vitals(command: RecordVitals, uow: UnitOfWork) -> Vitals:
    """Vital signs were taken; abnormal ones are kept like any, and raise an alert.

    Raises:
        InvalidError: a value is impossible, or a late entry gives no reason.
    """
    session, pack, is_alerted = glance(command.session_id, uow)
    demand_possible(command.values, pack)
    taken_at = time_taken(
        command.taken_at,
        command.late_reason,
        now=uow.now,
        not_before=session.opened_at,
        late_after=pack.monitoring.late_after,
    )
    session.demand_took_place(taken_at)
    limits = in_force(pack, session.phase_at(taken_at), session.limits, at=taken_at)
    rating = limits.rules.rate(
        command.values, phase=limits.phase, baseline=session.baseline
    )
    if is_alerted:
        settle_alerts(session, rating, command.values, taken_at, uow, pack=pack)
    reading = Vitals(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        session_id=session.id,
        patient_id=session.patient_id,
        phase=rating.phase,
        status=rating.status,
        taken_at=taken_at,
        recorded_at=uow.now,
        recorded_by=command.device_id or uow.actor_id,
        ratings=ratings_kept(rating, command.values, limits),
        rule_pack=pack.version,
        late_reason=command.late_reason,
        alert_id=raise_alerts(session, alarms(rating), uow),
        device_id=command.device_id,
        **command.values,  # type: ignore[arg-type]
    )
    uow.publish(reading.record(), of=reading)
    uow.insert(table, **{name: getattr(reading, name) for name in _COLUMNS})
    if rating.status is Status.RED:
        suggest_adverse_events(session, rating, pack, uow)
    _move(session, command, level_measured(rating, command.values), uow)
    return reading


def _move(
    seen: Watched, command: RecordVitals, level: Decision, uow: UnitOfWork
) -> None:
    """A first value, or a reading graver than what was decided on, changes more."""
    if not seen.is_moved_by(command.values, level):
        return
    session = held(Session, command.session_id, uow)
    if event := session.note_reading(command.values, level):
        uow.publish(event, of=session)
