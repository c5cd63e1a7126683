"""Routes of orders, preparations and weights."""

from typing import Any
from uuid import UUID

from services.sessions import queries
from services.sessions.api.base import routes
from services.sessions.commands import CompletePreparation, PlaceOrder, RecordWeight
from services.sessions.domain.order import Order, Weight, shown
from services.sessions.domain.preparation import Preparation
from services.sessions.handlers import order as handlers
from services.sessions.handlers.preparation import complete_preparation
from services.sessions.handlers.routes import demand_route
from services.sessions.schemas import order as schemas
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.post(
    "/orders",
    scope=access.ORDERS_SIGN,
    takes=schemas.PlaceOrderBody(),
    gives=schemas.OrderView(),
    status=201,
)
def place_order(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Doses may be given to a patient."""
    order = handlers.place_order(PlaceOrder(**body), uow)
    peers = current_runtime().peers
    demand_route(order.patient_id, order.route, uow, peers=peers)
    return _shown(order)


@routes.post(
    "/orders/<uuid:order_id>/cancel",
    scope=access.ORDERS_SIGN,
    gives=schemas.OrderView(),
)
def cancel_order(uow: UnitOfWork, order_id: UUID) -> dict[str, Any]:
    """No dose may be given on an order any more."""
    return _shown(handlers.cancel_order(order_id, uow))


@routes.get(
    "/patients/<uuid:patient_id>/orders",
    scope=access.CHART_READ,
    gives=schemas.OrdersView(),
    in_emergency=True,
)
def list_orders(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """A patient's orders."""
    return {"items": queries.orders_of(reading, patient_id)}


@routes.post(
    "/preparations",
    scope=access.PREPARATION_WRITE,
    takes=schemas.PreparationBody(),
    gives=schemas.PreparationView(),
    status=201,
)
def note_preparation(uow: UnitOfWork, body: dict[str, Any]) -> Preparation:
    """A patient was prepared."""
    return complete_preparation(CompletePreparation(**body), uow)


@routes.post(
    "/patients/<uuid:patient_id>/weights",
    scope=access.BEDSIDE_WRITE,
    takes=schemas.WeightBody(),
    gives=schemas.WeightView(),
    status=201,
)
def record_weight(uow: UnitOfWork, body: dict[str, Any], patient_id: UUID) -> Weight:
    """A patient was weighed."""
    return handlers.record_weight(RecordWeight(patient_id=patient_id, **body), uow)


def _shown(order: Order) -> dict[str, Any]:
    return {**vars(order), **shown(vars(order))}
