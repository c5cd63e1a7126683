"""Orders and the weights they are judged by."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from services.sessions.commands import PlaceOrder, RecordWeight
from services.sessions.domain.amounts import micrograms, milligrams
from services.sessions.domain.copies import Patient
from services.sessions.domain.errors import OrderExistsError
from services.sessions.domain.order import Order, OrderStatus, Weight, demand_allowed
from services.sessions.handlers.loading import held
from services.sessions.handlers.readiness import tell_fact
from services.sessions.models import doses, facts, orders, packs, sessions, weights
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.readiness import FactChange, FactName
from shared.rulepack import DoseFinding, Route
from shared.unit_of_work import UnitOfWork


def place_order(command: PlaceOrder, uow: UnitOfWork) -> Order:
    """Doses may be given to a patient.

    Raises:
        OrderExistsError: another order is still open.
        DoseAboveLimitError: the rule pack allows no such dose.
        ReasonRequiredError: it is unusual, or much changed, and nobody says why.
    """
    patient = held(Patient, command.patient_id, uow)
    pack = packs.of(uow)
    order = Order(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient.id,
        episode_id=patient.episode_id,
        drug=command.drug,
        route=command.route,
        dose_ug=micrograms(command.dose_mg),
        max_doses=command.max_doses,
        valid_until=uow.now + pack.readiness.validity[FactName.ORDER_ACTIVE],
        reason=command.reason,
        placed_at=uow.now,
        placed_by=uow.actor_id,
        lowest_ug=_micrograms(command.lowest_mg),
        highest_ug=_micrograms(command.highest_mg),
        concentration_mg_per_ml=command.concentration_mg_per_ml,
        weight_kg=current_weight_kg(patient.id, uow),
    )
    placed = order.place()
    demand_allowed(_findings(order, uow), reason=command.reason)
    _close_what_ended(patient.id, uow)
    tell_fact(placed, uow, of=order)
    return uow.add(order)


def cancel_order(order_id: UUID, uow: UnitOfWork) -> Order:
    """No dose may be given on an order any more."""
    order = held(Order, order_id, uow)
    tell_fact(order.cancel(), uow, of=order)
    return order


def active_order(patient_id: UUID, uow: UnitOfWork) -> Order | None:
    """The order another dose may be given on now, if there is one."""
    found = (
        order for order in _open_orders(patient_id, uow) if order.is_active(at=uow.now)
    )
    return next(found, None)


def close_if_used_up(order_id: UUID, uow: UnitOfWork) -> None:
    """A session is over: an order that allows no further dose is, too."""
    order = held(Order, order_id, uow)
    if order.status is OrderStatus.OPEN and order.doses_given >= order.max_doses:
        tell_fact(order.close(OrderStatus.USED_UP), uow, of=order)


def record_weight(command: RecordWeight, uow: UnitOfWork) -> Weight:
    """A patient was weighed.

    Raises:
        InvalidError: nobody weighs that.
    """
    patient = uow.get(Patient, command.patient_id)
    pack = packs.of(uow)
    if not pack.plausible("weight_kg", command.weight_kg):
        raise InvalidError("this is not a possible value", field="weight_kg")
    weight = Weight(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient.id,
        weight_kg=command.weight_kg,
        measured_at=uow.now,
        measured_by=uow.actor_id,
    )
    facts.put(
        FactChange(
            patient_id=patient.id,
            fact=FactName.WEIGHT_CURRENT,
            holds=True,
            valid_until=uow.now + pack.readiness.validity[FactName.WEIGHT_CURRENT],
            source_id=patient.id,
            told_at=uow.now,
        ),
        uow,
    )
    return uow.add(weight)


def current_weight_kg(patient_id: UUID, uow: UnitOfWork) -> float | None:
    """What a patient weighs, if that was measured recently enough."""
    oldest = uow.now - packs.of(uow).readiness.validity[FactName.WEIGHT_CURRENT]
    found: float | None = uow.db.scalar(
        select(weights.c.weight_kg)
        .where(
            weights.c.clinic_id == uow.clinic_id,
            weights.c.patient_id == patient_id,
            weights.c.measured_at > oldest,
        )
        .order_by(weights.c.measured_at.desc(), weights.c.id.desc())
        .limit(1)
    )
    return found


def _findings(order: Order, uow: UnitOfWork) -> tuple[DoseFinding, ...]:
    """What speaks against an order: every amount it names is judged."""
    pack = packs.of(uow)
    previous_ug = _previous_dose_ug(order.patient_id, order.route, uow)
    found = [
        finding
        for amount_ug in order.amounts
        for finding in pack.check_dose(
            route=order.route,
            dose_mg=milligrams(amount_ug),
            weight_kg=order.weight_kg,
            previous_dose_mg=milligrams(previous_ug) if previous_ug else None,
        )
    ]
    if order.concentration_mg_per_ml is not None:
        limits = pack.dose.routes[order.route]
        finding = limits.check_concentration(order.concentration_mg_per_ml)
        found += [finding] if finding else []
    return tuple(dict.fromkeys(found))


def _micrograms(amount_mg: Decimal | None) -> int | None:
    return None if amount_mg is None else micrograms(amount_mg)


def _open_orders(patient_id: UUID, uow: UnitOfWork) -> list[Order]:
    return uow.all(
        select(Order)
        .where(orders.c.patient_id == patient_id, orders.c.status == OrderStatus.OPEN)
        .with_for_update(key_share=True)
    )


def _close_what_ended(patient_id: UUID, uow: UnitOfWork) -> None:
    """A patient has one open order at most; one that is over makes room."""
    for order in _open_orders(patient_id, uow):
        ended = order.ended_as(at=uow.now)
        if ended is None:
            raise OrderExistsError
        tell_fact(order.close(ended), uow, of=order)
    # Before the new order is written: at no time may there be two.
    uow.flush()


def _previous_dose_ug(patient_id: UUID, route: Route, uow: UnitOfWork) -> int | None:
    """The last dose a patient got by a route."""
    found: int | None = uow.db.scalar(
        select(doses.c.given_ug)
        .join(sessions, sessions.c.id == doses.c.session_id)
        .where(
            sessions.c.clinic_id == uow.clinic_id,
            sessions.c.patient_id == patient_id,
            sessions.c.route == route,
        )
        .order_by(doses.c.given_at.desc(), doses.c.seq.desc())
        .limit(1)
    )
    return found
