"""Adverse events: suggested by readings, recorded, corrected, reviewed, reported."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from services.sessions.commands import (
    DescribeAdverseEvent,
    FileReport,
    RecordAdverseEvent,
    ReviewAdverseEvent,
)
from services.sessions.domain.adverse_event import (
    AdverseEvent,
    AdverseEventStatus,
    Details,
    Report,
)
from services.sessions.domain.session import Session
from services.sessions.domain.watched import Watched
from services.sessions.handlers.loading import held
from services.sessions.handlers.readiness import tell_fact
from services.sessions.models import (
    adverse_event_revisions,
    adverse_events,
    is_counted,
    packs,
    vitals,
)
from shared.errors import InvalidError
from shared.events.sessions import AdverseEventReviewRequested
from shared.ids import uuid7
from shared.rulepack import Measure, Rating, RulePack, Status, VitalsPhase
from shared.unit_of_work import UnitOfWork


def suggest_adverse_events(
    session: Watched, rating: Rating, pack: RulePack, uow: UnitOfWork
) -> None:
    """Begin drafts that a red reading after a dose gives reason for, each once."""
    if not session.is_dosed:
        return
    red = {
        one.measure: one.rule_code
        for one in rating.measures
        if one.status is Status.RED
    }
    for rule in pack.adverse_events.suggestions:
        broken = [red[measure] for measure in rule.measures if measure in red]
        if not broken or _is_noted(session, rule.term, uow):
            continue
        if 1 + _red_readings(session, rule.measures, uow) < rule.red_readings:
            continue
        event = AdverseEvent(
            id=uuid7(),
            clinic_id=uow.clinic_id,
            session_id=session.id,
            patient_id=session.patient_id,
            term=rule.term,
            noted_at=uow.now,
            status=AdverseEventStatus.SUGGESTED,
            suggested_by=broken[0],
        )
        uow.publish(event.suggest(), of=event)
        uow.add(event)


def record_adverse_event(command: RecordAdverseEvent, uow: UnitOfWork) -> AdverseEvent:
    """It happened; what is grave holds the next dose until a prescriber reviews it.

    A signed record takes one too: it may come to light later.

    Raises:
        InvalidError: it cannot be so.
    """
    session = held(Session, command.session_id, uow)
    event = AdverseEvent(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        session_id=session.id,
        patient_id=session.patient_id,
        term=command.details.term,
        noted_at=uow.now,
        status=AdverseEventStatus.RECORDED,
    )
    uow.add(event)
    _keep(event, command.details, None, uow)
    return event


def confirm_adverse_event(
    command: DescribeAdverseEvent, uow: UnitOfWork
) -> AdverseEvent:
    """A clinician says that what readings suggested did happen."""
    event = held(AdverseEvent, command.adverse_event_id, uow)
    event.demand_suggested()
    _keep(event, command.details, None, uow)
    return event


def correct_adverse_event(
    command: DescribeAdverseEvent, uow: UnitOfWork
) -> AdverseEvent:
    """It is described anew; what was said before is kept."""
    event = held(AdverseEvent, command.adverse_event_id, uow)
    event.demand_recorded()
    _keep(event, command.details, command.reason, uow)
    return event


def dismiss_adverse_event(
    adverse_event_id: UUID, reason: str, uow: UnitOfWork
) -> AdverseEvent:
    """A clinician says that what readings suggested did not happen."""
    event = held(AdverseEvent, adverse_event_id, uow)
    told = event.dismiss(reason, at=uow.now, by=uow.actor_id)
    uow.publish(told, of=event)
    return event


def review_adverse_event(command: ReviewAdverseEvent, uow: UnitOfWork) -> AdverseEvent:
    """A prescriber says what it means; unless that is to stop, the hold is lifted."""
    event = held(AdverseEvent, command.adverse_event_id, uow)
    told = event.review(command.conclusion, command.note, at=uow.now, by=uow.actor_id)
    tell_fact(told, uow, of=event)
    return event


def file_report(command: FileReport, uow: UnitOfWork) -> AdverseEvent:
    """Somebody reported it to an authority.

    Raises:
        InvalidError: that day is yet to come.
    """
    # By the clinic's clock it may be tomorrow already, nowhere the day after.
    if (command.filed_on - uow.now.date()).days > 1:
        raise InvalidError("that day is yet to come", field="filed_on")
    event = held(AdverseEvent, command.adverse_event_id, uow)
    event.demand_recorded()
    report = Report(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        adverse_event_id=event.id,
        authority=command.authority,
        filed_on=command.filed_on,
        noted_at=uow.now,
        noted_by=uow.actor_id,
    )
    uow.db.add(report)
    return event


def _keep(
    event: AdverseEvent, details: Details, reason: str | None, uow: UnitOfWork
) -> None:
    rules = packs.of(uow).adverse_events
    details.demand_sound(rules.terms, now=uow.now)
    told = event.record(
        details,
        at=uow.now,
        by=uow.actor_id,
        review_from_grade=rules.review_from_grade,
    )
    for one in told:
        if isinstance(one, AdverseEventReviewRequested):
            tell_fact(one, uow, of=event)
        else:
            uow.publish(one, of=event)
    # The event's row goes first: the revision refers to it.
    uow.flush()
    uow.insert(
        adverse_event_revisions,
        id=uuid7(),
        clinic_id=uow.clinic_id,
        adverse_event_id=event.id,
        revision=event.revision,
        details=details.kept,
        reason=reason,
        recorded_at=uow.now,
        recorded_by=uow.actor_id,
    )


def _is_noted(session: Watched, term: str, uow: UnitOfWork) -> bool:
    """Whether there is such an event, or was: what was dismissed stays so."""
    noted = select(adverse_events.c.id).where(
        adverse_events.c.session_id == session.id,
        adverse_events.c.clinic_id == uow.clinic_id,
        adverse_events.c.term == term,
    )
    return uow.connection.execute(noted).first() is not None


def _red_readings(
    session: Watched, measures: Sequence[Measure], uow: UnitOfWork
) -> int:
    """How many earlier readings after the dose were red in one of some measures."""
    earlier = select(vitals.c.ratings).where(
        vitals.c.session_id == session.id,
        vitals.c.clinic_id == uow.clinic_id,
        vitals.c.phase == VitalsPhase.DURING,
        vitals.c.status == Status.RED,
        is_counted,
    )
    return sum(
        any(
            one["measure"] in measures and one["status"] == Status.RED
            for one in ratings
        )
        for ratings in uow.connection.execute(earlier).scalars()
    )
