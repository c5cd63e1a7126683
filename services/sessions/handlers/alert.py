"""Alerts: raised by a reading or for want of one, escalated, taken on, resolved."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.sessions.domain.alert import (
    CHECK_MISSED,
    Alert,
    AlertOutcome,
    AlertStatus,
    Severity,
)
from services.sessions.domain.copies import Clinic
from services.sessions.domain.session import Session
from services.sessions.domain.watched import Watched
from services.sessions.handlers.loading import held, open_alerts, unresolved_alerts
from services.sessions.models import packs
from shared.ids import uuid7
from shared.rulepack import MeasureRating, Rating, RulePack
from shared.unit_of_work import UnitOfWork

ESCALATE = "escalate_alert"
RECHECK = "recheck_alert"


def raise_alerts(
    session: Watched, alarms: Sequence[MeasureRating], uow: UnitOfWork
) -> UUID | None:
    """See that somebody looks at every rule a reading broke; the gravest one's alert.

    A rule whose alert is still open gets no second one: who is already called need not
    be called again.
    """
    if not alarms:
        return None
    known = {alert.rule_code: alert.id for alert in open_alerts(session.id, uow)}
    found = [
        known.get(alarm.rule_code or "") or _raise(session, alarm, uow)
        for alarm in alarms
    ]
    return found[0]


def raise_missed_check(session: Session, uow: UnitOfWork) -> None:
    """See that somebody looks at a patient nobody has looked at in time."""
    if not any(one.is_of_missed_check for one in unresolved_alerts(session.id, uow)):
        _call(session.id, session.patient_id, Severity.MISSED, CHECK_MISSED, uow)


def settle_alerts(
    session: Watched,
    rating: Rating,
    values: Mapping[str, float],
    taken_at: datetime,
    uow: UnitOfWork,
    *,
    pack: RulePack,
) -> None:
    """Let a reading resolve the alerts that it answers."""
    needed = pack.monitoring.routes[session.route].measures
    for alert in unresolved_alerts(session.id, uow):
        outcome = alert.answer(rating, values, taken_at, pack=pack, needed=needed)
        if outcome is not None:
            _resolve(alert, outcome, None, uow)


def acknowledge_alert(alert_id: UUID, note: str | None, uow: UnitOfWork) -> Alert:
    """A clinician takes an alert on; nobody else is asked, and it is measured again.

    Raises:
        AlreadyAcknowledgedError: somebody else has.
    """
    alert = held(Alert, alert_id, uow)
    is_running = uow.get(Session, alert.session_id).is_running
    recheck = uow.now + _pack(uow).alerts.recheck_within if is_running else None
    event = alert.acknowledge(
        at=uow.now, by=uow.actor_id, note=note, recheck_due_at=recheck
    )
    uow.publish(event, of=alert)
    uow.forget(ESCALATE, about=alert.id)
    if recheck is not None:
        uow.remind(RECHECK, about=alert.id, at=recheck)
    return alert


def resolve_alert(
    alert_id: UUID, outcome: AlertOutcome, note: str | None, uow: UnitOfWork
) -> Alert:
    """A clinician says how an alert ended that somebody has taken on.

    Raises:
        WrongStateError: nobody has, or it is over.
        RecordLockedError: the record is signed.
    """
    uow.get(Session, uow.get(Alert, alert_id).session_id).demand_unlocked()
    alert = held(Alert, alert_id, uow)
    alert.demand_taken_on()
    _resolve(alert, outcome, note, uow)
    return alert


def escalate_alert(alert_id: UUID, uow: UnitOfWork) -> None:
    """Nobody took an alert on in time: the next role is asked, the last for ever."""
    alert = held(Alert, alert_id, uow)
    if alert.status is not AlertStatus.OPEN:
        return
    pack = _pack(uow)
    due_at = uow.now + pack.alerts.ask_again_after
    uow.publish(alert.escalate(pack, due_at=due_at), of=alert)
    uow.remind(ESCALATE, about=alert.id, at=due_at)


def miss_recheck(alert_id: UUID, uow: UnitOfWork) -> None:
    """Who took an alert on did not measure again in time: it is raised anew."""
    session = held(Session, uow.get(Alert, alert_id).session_id, uow)
    alert = held(Alert, alert_id, uow)
    if alert.status is not AlertStatus.ACKNOWLEDGED or not session.is_running:
        return
    _resolve(alert, AlertOutcome.NOT_RECHECKED, None, uow)
    if alert.rule_code not in {one.rule_code for one in open_alerts(session.id, uow)}:
        _call(session.id, session.patient_id, alert.severity, alert.rule_code, uow)


def _raise(session: Watched, alarm: MeasureRating, uow: UnitOfWork) -> UUID:
    severity = Severity.EMERGENCY if alarm.emergency else Severity.RED
    rule = alarm.rule_code or alarm.measure.value
    return _call(session.id, session.patient_id, severity, rule, uow).id


def _call(
    session_id: UUID,
    patient_id: UUID,
    severity: Severity,
    rule_code: str,
    uow: UnitOfWork,
) -> Alert:
    alert = Alert(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        session_id=session_id,
        patient_id=patient_id,
        severity=severity,
        rule_code=rule_code,
        raised_at=uow.now,
        due_at=uow.now + _respond_within(uow),
    )
    uow.publish(alert.call(_pack(uow)), of=alert)
    uow.remind(ESCALATE, about=alert.id, at=alert.due_at)
    return uow.add(alert)


def _resolve(
    alert: Alert, outcome: AlertOutcome, note: str | None, uow: UnitOfWork
) -> None:
    event = alert.resolve(outcome, at=uow.now, by=uow.actor_id, note=note)
    uow.publish(event, of=alert)
    for name in (ESCALATE, RECHECK):
        uow.forget(name, about=alert.id)


def _respond_within(uow: UnitOfWork) -> timedelta:
    """How soon an alert must be taken on in this clinic."""
    clinic = uow.find(Clinic, uow.clinic_id)
    if clinic is None:
        # An alert does not wait for news of the clinic to arrive.
        return _pack(uow).alerts.respond_within
    return timedelta(seconds=clinic.alert_response_seconds)


def _pack(uow: UnitOfWork) -> RulePack:
    """The pack at hand: an alert waits for nothing."""
    return packs.at_hand(uow.connection, uow.clinic_id, uow.now)
