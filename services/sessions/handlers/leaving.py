"""Whether a patient may leave, who takes the patient home, and the leaving itself."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.sessions.commands import CheckDischarge, DischargePatient
from services.sessions.domain.discharge import (
    Checklist,
    Criterion,
    Seen,
    criteria_of,
    unmet,
)
from services.sessions.domain.session import Session
from services.sessions.domain.vitals import current_values
from services.sessions.handlers.checks import end_watch
from services.sessions.handlers.integration import need_integration
from services.sessions.handlers.loading import (
    demand_no_alert,
    held,
    is_prescriber,
    readings_of,
)
from services.sessions.handlers.order import close_if_used_up
from services.sessions.handlers.readiness import is_on_hold
from services.sessions.handlers.rems import need_rems_form
from services.sessions.models import discharge_checks, packs
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork

ESCORT = "ask_for_escort"


def check_discharge(
    command: CheckDischarge, uow: UnitOfWork
) -> tuple[Checklist, tuple[Criterion, ...]]:
    """Keep what was seen of a patient who may leave; how every criterion stands."""
    session = held(Session, command.session_id, uow)
    session.demand_running()
    said = {
        name: value
        for name, value in vars(command.checklist).items()
        if value is not None
    }
    earlier = _seen_before(session.id, uow)
    uow.insert(
        discharge_checks,
        id=uuid7(),
        session_id=session.id,
        clinic_id=uow.clinic_id,
        said=said,
        checked_at=uow.now,
        checked_by=uow.actor_id,
    )
    seen = command.checklist.over(earlier)
    found = _criteria(session, seen, uow)
    _tell_if_met(session, unmet(found), uow)
    uow.touch(record=("session", session.id), patients=[session.patient_id])
    return seen, found


def discharge_patient(command: DischargePatient, uow: UnitOfWork) -> Session:
    """The patient leaves with the escort; integration falls due.

    Raises:
        EscortMissingError: nobody is there to take the patient home.
        AlertOpenError: an alert is not acknowledged.
        DischargeCriteriaUnmetError: something speaks against it, and no prescriber
            says why the patient leaves all the same.
    """
    session = held(Session, command.session_id, uow)
    session.demand_dischargeable(command.checklist)
    demand_no_alert(session.id, uow)
    said = command.checklist.over(_seen_before(session.id, uow))
    left = unmet(_criteria(session, said, uow))
    _tell_if_met(session, left, uow)
    event = session.discharge(
        said,
        left,
        overrides=command.overrides if is_prescriber(uow) else {},
        at=uow.now,
        by=uow.actor_id,
    )
    uow.publish(event, of=session)
    end_watch(session, uow)
    uow.forget(ESCORT, about=session.id)
    need_integration(session, uow)
    need_rems_form(session, uow)
    close_if_used_up(session.order_id, uow)
    return session


def note_escort_missing(session_id: UUID, uow: UnitOfWork) -> Session:
    """Nobody is there to take the patient home: somebody is asked to see to it."""
    session = held(Session, session_id, uow)
    if session.escort_missing_at is None:
        _ask_for_escort(session, uow)
    session.demand_running()
    return session


def ask_for_escort(session_id: UUID, uow: UnitOfWork) -> None:
    """Still nobody is there: the next role is asked; after the end nobody is."""
    session = held(Session, session_id, uow)
    if session.is_running and session.escort_missing_at is not None:
        _ask_for_escort(session, uow)


def _ask_for_escort(session: Session, uow: UnitOfWork) -> None:
    pack = packs.at_hand(uow.connection, uow.clinic_id, uow.now)
    since = session.escort_missing_at or uow.now
    steps = pack.discharge.escort_asked_after
    level = sum(uow.now - since >= after for after in steps)
    roles = pack.monitoring.escalation_roles
    role = str(roles[min(level, len(roles) - 1)])
    uow.publish(session.miss_escort(role, level=level, at=uow.now), of=session)
    if level < len(steps):
        uow.remind(ESCORT, about=session.id, at=since + steps[level])


def _criteria(
    session: Session, said: Checklist, uow: UnitOfWork
) -> tuple[Criterion, ...]:
    readings = readings_of(session, uow)
    seen = Seen(
        route=session.route,
        readings=readings,
        values=current_values(readings, now=uow.now),
        baseline=session.baseline,
        last_dose_at=session.last_dose_at,
        on_hold=is_on_hold(session.patient_id, uow),
        # What is drawn is given and wasted in one transaction: nothing stays open.
        waste_open=False,
        now=uow.now,
    )
    return criteria_of(said, seen, packs.of(uow).discharge)


def _tell_if_met(session: Session, left: tuple[str, ...], uow: UnitOfWork) -> None:
    if event := session.meet_criteria(left, at=uow.now):
        uow.publish(event, of=session)


def _seen_before(session_id: UUID, uow: UnitOfWork) -> dict[str, Any]:
    """What was seen so far; of two that say something, the later counts."""
    rows = uow.connection.execute(
        select(discharge_checks.c.said)
        .where(
            discharge_checks.c.session_id == session_id,
            discharge_checks.c.clinic_id == uow.clinic_id,
        )
        .order_by(discharge_checks.c.id)
    )
    said: dict[str, Any] = {}
    for earlier in rows.scalars():
        said |= earlier
    return said
