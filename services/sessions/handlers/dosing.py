"""The dose: checked, authorised, given."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from services.sessions.commands import AuthoriseDose, CompletePrecheck, GiveDose
from services.sessions.domain.amounts import Amounts, micrograms, milligrams
from services.sessions.domain.copies import Appointment
from services.sessions.domain.dose import (
    Authorisation,
    Dose,
    demand_one_device,
)
from services.sessions.domain.errors import (
    NoActiveOrderError,
    PrescriberNotOnSiteError,
)
from services.sessions.domain.limits import in_force
from services.sessions.domain.order import Order, demand_within_limits
from services.sessions.domain.precheck import HoldReason, Precheck, assess
from services.sessions.domain.session import Session
from services.sessions.domain.vitals import (
    Values,
    demand_current,
    demand_measured,
    demand_no_red,
    level_measured,
)
from services.sessions.handlers.checks import begin_watch
from services.sessions.handlers.integration import demand_integrated
from services.sessions.handlers.ledger.drawing import Need, Source, take_stock
from services.sessions.handlers.ledger.witnessing import stood_by
from services.sessions.handlers.limits import limits_of
from services.sessions.handlers.loading import (
    demand_all_resolved,
    demand_no_alert,
    held,
    readings_of,
    readings_since,
)
from services.sessions.handlers.order import active_order, current_weight_kg
from services.sessions.handlers.readiness import (
    demand_fresh,
    demand_ready,
    escort_confirmed,
    snapshot,
)
from services.sessions.models import packs
from shared.errors import InvalidError
from shared.freshness import Stale
from shared.ids import uuid7
from shared.rulepack import Decision, VitalsPhase
from shared.unit_of_work import UnitOfWork


def complete_precheck(command: CompletePrecheck, uow: UnitOfWork) -> Session:
    """The checks before a dose are done: go, hold or stop.

    Raises:
        VitalsNeededError: no vital signs are recent enough.
        DoseStoppedError: there is no dose today.
        RechecksUsedUpError: blood pressure was rechecked often enough.
    """
    session = held(Session, command.session_id, uow)
    pack = packs.of(uow)
    session.demand_checkable(pack.hold.rechecks_at_most)
    values = demand_current(readings_of(session, uow), now=uow.now)
    phase = VitalsPhase.BEFORE_DOSE
    limits = in_force(pack, phase, session.limits, at=uow.now)
    rating = limits.rules.rate(values, phase=phase)
    escort = escort_confirmed(session, uow)
    found = assess(command.answers, rating, values, escort_confirmed=escort)
    check = Precheck(
        id=uuid7(),
        session_id=session.id,
        clinic_id=uow.clinic_id,
        checked_at=uow.now,
        checked_by=uow.actor_id,
        escort_confirmed=escort,
        outcome=found.outcome,
        reasons=[reason.value for reason in found.reasons],
        rule_codes=list(found.rule_codes),
        pressure_held=found.pressure_held,
        **asdict(command.answers),
    )
    for event in session.precheck(check):
        uow.publish(event, of=session)
    return session


def authorise_dose(
    command: AuthoriseDose, uow: UnitOfWork, *, stale: Sequence[Stale] = ()
) -> Session:
    """A prescriber allows a dose, every readiness fact holding at this moment.

    Args:
        stale: which of them may be out of date.

    Raises:
        DoseStoppedError: vital signs allow none.
        VitalsNeededError: a vital sign that a dose needs is missing or too old.
        IntegrationOverdueError: an earlier dose waits for its integration.
        NotReadyError: a fact does not hold.
        FactsStaleError: one may be out of date, and the prescriber does not confirm it.
        HoldNotOverridableError, ReasonRequiredError: it is held, and not overridden.
        NoActiveOrderError: nothing is ordered by this route any more.
        PrescriberNotOnSiteError: this route needs one there, and none is.
    """
    session = held(Session, command.session_id, uow)
    session.demand_authorisable()
    values = demand_current(readings_of(session, uow), now=uow.now)
    if session.is_dosed:
        _judge_again(session, values, uow)
    uow.get(Appointment, session.appointment_id).demand_arrived_for_dose()
    demand_integrated(session.patient_id, uow)
    order = active_order(session.patient_id, uow)
    readiness = demand_ready(session, uow)
    demand_fresh(stale, reason=command.stale_reason)
    session.demand_override(command.override_reason)
    _demand_measured(session, values, uow)
    if order is None or order.route is not session.route:
        raise NoActiveOrderError
    _demand_on_site(command, session, uow)
    kept = snapshot(readiness, at=uow.now, stale=stale)
    authorised = session.authorise(
        _authorisation(command, session, order, readiness=kept, uow=uow)
    )
    session.limits = limits_of(session.patient_id, order.id, uow)
    uow.publish(authorised, of=session)
    return session


def _authorisation(
    command: AuthoriseDose,
    session: Session,
    order: Order,
    *,
    readiness: dict[str, Any],
    uow: UnitOfWork,
) -> Authorisation:
    return Authorisation(
        id=uuid7(),
        session_id=session.id,
        clinic_id=uow.clinic_id,
        order_id=order.id,
        ordered_ug=order.most_ug,
        authorised_at=uow.now,
        authorised_by=uow.actor_id,
        outcome=session.outcome or Decision.GO,
        override_reason=command.override_reason,
        readiness=readiness,
        stale_reason=command.stale_reason if readiness["stale"] else None,
        prescriber_on_site=command.prescriber_on_site,
    )


def _judge_again(session: Session, values: Values, uow: UnitOfWork) -> None:
    """Before a further dose, vital signs are judged as during the experience.

    Raises:
        DoseStoppedError: they allow none.
    """
    phase = VitalsPhase.DURING
    during = in_force(packs.of(uow), phase, session.limits, at=uow.now)
    rating = during.rules.rate(values, phase=phase, baseline=session.baseline)
    session.judge_again(level_measured(rating, values))


def give_dose(
    command: GiveDose, uow: UnitOfWork, *, stale: Sequence[Stale] = ()
) -> tuple[Session, Dose]:
    """An authorised dose was given; all that it rests on is asked again.

    Raises:
        AmountsDoNotAddUpError: drawn is not given and wasted.
        AlertOpenError, AlertUnresolvedError: an alert is not over.
        VitalsNeededError: no vital signs are recent enough.
        NotReadyError: a fact no longer holds.
        FactsStaleError: one may be out of date that the authorisation did not confirm.
        TooSoonAfterDeviceError: the device before was given too short a time ago.
        DoseAboveOrderError, DoseAboveLimitError: more than ordered, or than allowed.
        WitnessIsActorError: who gives it witnesses its waste, or verifies it.
        ContainerNeededError: the ledger is open, and no container is named.
    """
    amounts = _amounts(command)
    session = held(Session, command.session_id, uow)
    order = held(Order, session.order_id, uow)
    _demand_by_the_rules(command, amounts.given_ug, session, uow)
    _demand_fresh(stale, session)
    order.use(amounts.given_ug, before_ug=session.begun_ug, at=uow.now)
    _demand_within_limits(session, amounts, uow)
    dose_id = uuid7()
    need = Need(session=session, drug=order.drug, amounts=amounts, dose_id=dose_id)
    source = take_stock(command, need, uow)
    dose = Dose(
        id=dose_id,
        session_id=session.id,
        clinic_id=uow.clinic_id,
        seq=len(session.doses) + 1,
        order_id=order.id,
        lot=source.lot,
        given_at=uow.now,
        given_by=uow.actor_id,
        witness_id=source.witness_id,
        authorisation_id=session.authorisations[-1].id,
        verifier_id=_verifier(command, source, uow),
        **asdict(amounts),
    )
    for event in session.give(dose):
        uow.publish(event, of=session)
    if dose.seq == 1:
        begin_watch(session, uow)
    return session, dose


def _amounts(command: GiveDose) -> Amounts:
    return Amounts(
        given_ug=micrograms(command.given_mg),
        drawn_ug=micrograms(command.drawn_mg),
        wasted_ug=micrograms(command.wasted_mg),
    )


def _demand_on_site(command: AuthoriseDose, session: Session, uow: UnitOfWork) -> None:
    """Refuse a route that needs a prescriber on site while none is."""
    limits = packs.of(uow).dose.routes[session.route]
    if limits.prescriber_on_site and not command.prescriber_on_site:
        raise PrescriberNotOnSiteError


def _demand_by_the_rules(
    command: GiveDose, given_ug: int, session: Session, uow: UnitOfWork
) -> None:
    """Refuse a dose that is not allowed now, not verified, or not one device."""
    limits = packs.of(uow).dose.routes[session.route]
    _demand_dose_allowed(session, uow, by_device=limits.device_mg is not None)
    if limits.verified and not command.verifier_code:
        raise InvalidError("a second person verifies this dose", field="verifier_code")
    demand_one_device(given_ug, session.last_dose_at, limits, at=uow.now)


def _demand_fresh(stale: Sequence[Stale], session: Session) -> None:
    """Refuse old facts that the authorisation has not answered for."""
    if not session.is_between_devices:
        demand_fresh(stale, confirmed=session.authorisations[-1].confirmed)


def _verifier(command: GiveDose, source: Source, uow: UnitOfWork) -> UUID | None:
    """Who else has checked the dose, by a code that only they could make.

    Whoever witnessed the waste by the same code has checked the dose as well: a code is
    good once.
    """
    code = command.verifier_code
    if code is None:
        return None
    if source.witness_id is not None and code == command.witness_code:
        return source.witness_id
    return stood_by(code, uow, field="verifier_code")


def _demand_dose_allowed(session: Session, uow: UnitOfWork, *, by_device: bool) -> None:
    """Refuse a dose that is not authorised, or no longer rests on what it did."""
    session.demand_unlocked()
    demand_no_alert(session.id, uow)
    session.demand_authorised(by_device=by_device)
    demand_all_resolved(session.id, uow)
    readings = readings_of(session, uow)
    if session.is_between_devices:
        # Between two devices of one dose, what was measured before the first counts.
        demand_no_red(readings)
        readings = readings_since(session.id, None, uow)
    _demand_measured(session, demand_current(readings, now=uow.now), uow)
    uow.get(Appointment, session.appointment_id).demand_arrived_for_dose()
    demand_ready(session, uow)


def _demand_measured(session: Session, values: Values, uow: UnitOfWork) -> None:
    """Refuse a dose while a vital sign it needs is unknown.

    A dose held for its vital signs goes on by a prescriber's reason alone.
    """
    if HoldReason.VITAL_SIGNS not in session.hold_reasons:
        demand_measured(values, packs.of(uow).vitals.required_before_dose)


def _demand_within_limits(session: Session, amounts: Amounts, uow: UnitOfWork) -> None:
    """Refuse what would be, with what was given before, beyond the pack's limit."""
    findings = packs.of(uow).check_dose(
        route=session.route,
        dose_mg=milligrams(session.given_ug + amounts.given_ug),
        weight_kg=current_weight_kg(session.patient_id, uow),
    )
    demand_within_limits(findings)
