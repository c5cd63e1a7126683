"""Routes that change the ledger, and the witness's code."""

from typing import Any
from uuid import UUID

from services.sessions.api.base import drawn_from, routes
from services.sessions.commands import ledger as asked
from services.sessions.domain.ledger.case import DiscrepancyCase
from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.counting import StockCount
from services.sessions.domain.ledger.errors import OtherLedgerNotOpenError
from services.sessions.domain.ledger.recall import Recall
from services.sessions.domain.ledger.registration import Registration
from services.sessions.domain.ledger.transfer import Delivery, Shipment
from services.sessions.handlers.ledger import (
    cases,
    correcting,
    counting,
    recalls,
    stock,
    transfers,
    witnessing,
)
from services.sessions.queries import ledger as queries
from services.sessions.schemas import ledger as schemas
from shared import access
from shared.context import Context
from shared.http.routes import current_runtime
from shared.unit_of_work import UnitOfWork

_container, _case = schemas.ContainerView(), schemas.CaseView()


@routes.post(
    "/ledger",
    scope=access.LEDGER_MANAGE,
    takes=schemas.OpenLedgerBody(),
    gives=schemas.RegistrationView(),
    status=201,
)
def open_ledger(uow: UnitOfWork, body: dict[str, Any]) -> Registration:
    """The clinic keeps its ledger here; no dose is given without it any more."""
    return stock.open_ledger(asked.OpenLedger(**body), uow)


@routes.post(
    "/ledger/receipts",
    scope=access.LEDGER_WRITE,
    takes=schemas.ReceiptBody(),
    gives=_container,
    status=201,
)
def receive_stock(uow: UnitOfWork, body: dict[str, Any]) -> Container:
    """A container came in."""
    return stock.receive_stock(asked.ReceiveStock(**body), uow)


@routes.post(
    "/ledger/counts",
    scope=access.LEDGER_WRITE,
    takes=schemas.CountBody(),
    gives=schemas.CountView(),
    status=201,
)
def count_stock(uow: UnitOfWork, body: dict[str, Any]) -> StockCount:
    """What is in the cabinet was counted; what does not add up becomes a case."""
    lines = tuple(asked.CountLine(**line) for line in body["lines"])
    return counting.count_stock(
        asked.CountStock(moment=body["moment"], lines=lines), uow
    )


@routes.post(
    "/ledger/containers/<uuid:container_id>/waste",
    scope=access.LEDGER_WRITE,
    takes=schemas.WasteBody(),
    gives=_container,
)
def waste_stock(uow: UnitOfWork, body: dict[str, Any], container_id: UUID) -> Container:
    """The rest of an opened container was wasted before a witness."""
    command = asked.WasteStock(container_id=container_id, **body)
    return stock.waste_stock(command, uow)


@routes.post(
    "/ledger/containers/<uuid:container_id>/destroy",
    scope=access.LEDGER_MANAGE,
    takes=schemas.DestroyBody(),
    gives=_container,
)
def destroy_stock(
    uow: UnitOfWork, body: dict[str, Any], container_id: UUID
) -> Container:
    """A container was destroyed, or handed over to be."""
    body["witness_codes"] = tuple(body["witness_codes"])
    command = asked.DestroyStock(container_id=container_id, **body)
    return stock.destroy_stock(command, uow)


@routes.post(
    "/ledger/containers/<uuid:container_id>/report",
    scope=access.LEDGER_WRITE,
    takes=schemas.ReportBody(),
    gives=_case,
    status=201,
)
def report_container(
    uow: UnitOfWork, body: dict[str, Any], container_id: UUID
) -> DiscrepancyCase:
    """Something is wrong with a container."""
    command = asked.ReportContainer(container_id=container_id, **body)
    return cases.report_container(command, uow)


@routes.post(
    "/ledger/cases/<uuid:case_id>/take", scope=access.LEDGER_WRITE, gives=_case
)
def take_case(uow: UnitOfWork, case_id: UUID) -> DiscrepancyCase:
    """Whoever asks sees to a case."""
    return cases.take_case(case_id, uow)


@routes.post(
    "/ledger/cases/<uuid:case_id>/close",
    scope=access.LEDGER_MANAGE,
    takes=schemas.CloseCaseBody(),
    gives=_case,
)
def close_case(uow: UnitOfWork, body: dict[str, Any], case_id: UUID) -> DiscrepancyCase:
    """It was found out what happened, before a second person."""
    return cases.close_case(asked.CloseCase(case_id=case_id, **body), uow)


@routes.post(
    "/ledger/cases/<uuid:case_id>/notice",
    scope=access.LEDGER_MANAGE,
    takes=schemas.NoticeBody(),
    gives=_case,
)
def file_notice(
    uow: UnitOfWork, body: dict[str, Any], case_id: UUID
) -> DiscrepancyCase:
    """The authority was told of a loss."""
    return cases.file_notice(case_id, body["reference"], uow)


@routes.post(
    "/ledger/transfers",
    scope=access.LEDGER_WRITE,
    takes=schemas.TransferBody(),
    gives=schemas.ShipmentView(),
    status=201,
)
def send_stock(uow: UnitOfWork, body: dict[str, Any]) -> Shipment:
    """A sealed container leaves for another registration."""
    command = asked.SendStock(**body)
    shipment = transfers.send_stock(command, uow)
    _demand_open(command.to_clinic_id)
    return shipment


@routes.post(
    "/ledger/deliveries/<uuid:delivery_id>/accept",
    scope=access.LEDGER_WRITE,
    takes=schemas.AcceptBody(),
    gives=schemas.DeliveryView(),
)
def accept_delivery(
    uow: UnitOfWork, body: dict[str, Any], delivery_id: UUID
) -> Delivery:
    """What another registration sent came as it was sent."""
    command = asked.AnswerDelivery(delivery_id=delivery_id, **body)
    return transfers.answer_delivery(command, uow)


@routes.post(
    "/ledger/deliveries/<uuid:delivery_id>/refuse",
    scope=access.LEDGER_WRITE,
    takes=schemas.RefuseBody(),
    gives=schemas.DeliveryView(),
)
def refuse_delivery(
    uow: UnitOfWork, body: dict[str, Any], delivery_id: UUID
) -> Delivery:
    """What another registration sent goes back."""
    reason = body.pop("reason")
    command = asked.AnswerDelivery(
        delivery_id=delivery_id, refused_because=reason, **body
    )
    return transfers.answer_delivery(command, uow)


@routes.post(
    "/ledger/recalls",
    scope=access.LEDGER_MANAGE,
    takes=schemas.RecallBody(),
    gives=schemas.RecallView(),
    status=201,
)
def recall_lot(uow: UnitOfWork, body: dict[str, Any]) -> Recall:
    """No more of a lot is given."""
    return recalls.recall_lot(asked.RecallLot(**body), uow)


@routes.post(
    "/ledger/corrections",
    scope=access.LEDGER_MANAGE,
    takes=schemas.CorrectionBody(),
    gives=schemas.CorrectedView(),
    status=201,
)
def correct_posting(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """A posting was a mistake: it is reversed, and what is right is posted."""
    draws = drawn_from(body.pop("draws"))
    posting = correcting.correct_posting(asked.CorrectPosting(draws=draws, **body), uow)
    return {"posting_id": posting.id}


@routes.post(
    "/witness-codes", scope=access.WITNESS, gives=schemas.WitnessCodeView(), status=201
)
def make_witness_code(uow: UnitOfWork) -> dict[str, Any]:
    """A code to be typed where somebody wastes or destroys; good once, for minutes."""
    made, code = witnessing.make_code(uow)
    return {"id": made.id, "code": code, "expires_at": made.expires_at}


def _demand_open(clinic_id: UUID) -> None:
    """Refuse to send where nobody would ever say what came.

    Raises:
        OtherLedgerNotOpenError: the clinic keeps no ledger here.
    """
    runtime = current_runtime()
    with runtime.reading(Context(actor=runtime.service.actor)) as network:
        if not queries.is_open(network, clinic_id):
            raise OtherLedgerNotOpenError(field="to_clinic_id")
