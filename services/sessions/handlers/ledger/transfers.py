"""Containers go from one registration to another: a distribution, not a move."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select

from services.sessions.commands.ledger import (
    AnnounceDelivery,
    AnswerDelivery,
    NoteAnswer,
    SendStock,
)
from services.sessions.domain.amounts import micrograms
from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.entry import Movement
from services.sessions.domain.ledger.states import (
    Cause,
    ContainerStatus,
    Kind,
    TransferStatus,
)
from services.sessions.domain.ledger.transfer import Delivery, Shipment
from services.sessions.handlers.ledger.book import Book, demand_book
from services.sessions.handlers.ledger.cases import open_case
from services.sessions.handlers.ledger.stock import come_in
from services.sessions.handlers.loading import held
from services.sessions.models.ledger import deliveries
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def send_stock(command: SendStock, uow: UnitOfWork) -> Shipment:
    """A sealed container leaves for another registration."""
    book = demand_book(uow)
    if command.to_clinic_id == uow.clinic_id:
        raise InvalidError("that is this clinic", field="to_clinic_id")
    container = book.container(command.container_id)
    container.demand_sealed()
    shipment = Shipment(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        registration_id=book.registration.id,
        container_id=container.id,
        to_clinic_id=command.to_clinic_id,
        amount_ug=container.balance_ug,
        invoice=command.invoice,
        sent_at=uow.now,
        sent_by=uow.actor_id,
    )
    out = Movement(
        kind=Kind.TRANSFER_OUT,
        amount_ug=container.balance_ug,
        details={"invoice": command.invoice},
    )
    book.post(container, out, book.posting(cause_id=shipment.id))
    container.leave(ContainerStatus.TRANSFERRED)
    uow.publish(shipment.send(), of=shipment)
    return uow.add(shipment)


def announce_delivery(command: AnnounceDelivery, uow: UnitOfWork) -> None:
    """Another registration has sent a container here; known once, however often told.

    Raises:
        LedgerNotOpenError: this clinic keeps none.
    """
    book = demand_book(uow)
    same = deliveries.c.shipment_id == command.shipment_id
    if uow.all(select(Delivery).where(same)):
        return
    delivery = Delivery(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        shipment_id=command.shipment_id,
        from_clinic_id=command.from_clinic_id,
        **asdict(command.goods),
        announced_at=uow.now,
        due_at=uow.now + book.rules.delivery_due_after,
    )
    uow.publish(delivery.announce(), of=delivery)
    uow.add(delivery)


def answer_delivery(command: AnswerDelivery, uow: UnitOfWork) -> Delivery:
    """What came is taken, if it is what was sent; or it goes back.

    Raises:
        QuantityDiffersError: there is more or less in it than was sent.
    """
    book = demand_book(uow)
    delivery = held(Delivery, command.delivery_id, uow)
    counted_ug = micrograms(command.counted_mg)
    if command.refused_because:
        event = delivery.refuse(
            counted_ug, command.refused_because, at=uow.now, by=uow.actor_id
        )
    else:
        container_id = uuid7()
        event = delivery.accept(counted_ug, container_id, at=uow.now, by=uow.actor_id)
        _take_in(book, delivery, container_id, uow)
    uow.publish(event, of=delivery)
    return delivery


def note_answer(command: NoteAnswer, uow: UnitOfWork) -> None:
    """The receiver has answered; what it sent back is in the cabinet again.

    If something is missing from it, a case says so.
    """
    book = demand_book(uow)
    shipment = held(Shipment, command.shipment_id, uow)
    if shipment.status is not TransferStatus.IN_TRANSIT:
        return
    event = shipment.answer(accepted=command.accepted, at=uow.now)
    uow.publish(event, of=shipment)
    if command.accepted:
        return
    container = book.container(shipment.container_id)
    container.come_back()
    details = {"reason": command.reason} if command.reason else None
    back = Movement(kind=Kind.RETURN, amount_ug=shipment.amount_ug, details=details)
    book.post(container, back, book.posting(cause_id=shipment.id))
    if command.counted_ug != container.balance_ug:
        cause, counted_ug = Cause.REFUSED_DELIVERY, command.counted_ug
        open_case(book, container, cause, counted_ug, command.reason, uow)


def note_carried(
    kind: type[Shipment | Delivery], its_id: UUID, uow: UnitOfWork
) -> None:
    """The other side knows of a shipment, or of the answer to it."""
    held(kind, its_id, uow).carry(at=uow.now)


def _take_in(
    book: Book, delivery: Delivery, container_id: UUID, uow: UnitOfWork
) -> None:
    """What was sent stands in this cabinet, under a number of this registration."""
    container = Container(
        id=container_id,
        clinic_id=uow.clinic_id,
        registration_id=book.registration.id,
        number=book.registration.next_number(),
        drug=delivery.drug,
        form=delivery.form,
        lot=delivery.lot,
        strength_ug=delivery.strength_ug,
        content_ug=delivery.content_ug,
        expires_on=delivery.expires_on,
        supplier=delivery.from_number,
        ndc=delivery.ndc,
        received_at=uow.now,
    )
    details = {"supplier_number": delivery.from_number, "invoice": delivery.invoice}
    movement = Movement(
        kind=Kind.TRANSFER_IN, amount_ug=delivery.amount_ug, details=details
    )
    come_in(book, container, movement, uow, cause_id=delivery.id)
