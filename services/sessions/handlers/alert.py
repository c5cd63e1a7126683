"""Alerts: raised by a reading, escalated by a timer, acknowledged by a clinician."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from services.sessions.domain.alert import Alert, AlertStatus, Severity
from services.sessions.domain.copies import Clinic
from services.sessions.domain.watched import Watched
from services.sessions.handlers.loading import held, open_alerts
from services.sessions.models import packs
from shared.ids import uuid7
from shared.rulepack import MeasureRating, RulePack
from shared.unit_of_work import UnitOfWork

ESCALATE = "escalate_alert"


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
        known.get(alarm.rule_code or "") or _raise(session, alarm, uow).id
        for alarm in alarms
    ]
    return found[0]


def acknowledge_alert(alert_id: UUID, note: str | None, uow: UnitOfWork) -> Alert:
    """A clinician takes an alert on; nobody else is asked any more.

    Raises:
        AlreadyAcknowledgedError: somebody else has.
    """
    alert = held(Alert, alert_id, uow)
    event = alert.acknowledge(at=uow.now, by=uow.actor_id, note=note)
    uow.publish(event, of=alert)
    uow.forget(ESCALATE, about=alert.id)
    return alert


def escalate_alert(alert_id: UUID, uow: UnitOfWork) -> None:
    """Nobody took an alert on in time: the next role is asked, up to the last."""
    alert = held(Alert, alert_id, uow)
    if alert.status is not AlertStatus.OPEN:
        return
    due_at = uow.now + _respond_within(uow)
    uow.publish(alert.escalate(due_at=due_at), of=alert)
    if alert.level < len(_pack(uow).alerts.escalation_roles):
        uow.remind(ESCALATE, about=alert.id, at=due_at)


def _raise(session: Watched, alarm: MeasureRating, uow: UnitOfWork) -> Alert:
    alert = Alert(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        session_id=session.id,
        patient_id=session.patient_id,
        severity=Severity.EMERGENCY if alarm.emergency else Severity.RED,
        rule_code=alarm.rule_code or alarm.measure.value,
        raised_at=uow.now,
        due_at=uow.now + _respond_within(uow),
    )
    uow.publish(alert.call(), of=alert)
    uow.remind(ESCALATE, about=alert.id, at=alert.due_at)
    return uow.add(alert)


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
