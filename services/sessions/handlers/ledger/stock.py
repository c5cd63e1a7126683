"""Stock comes in, its rest is wasted, it is destroyed."""

from uuid import UUID

from sqlalchemy import func, select

from services.sessions.commands.ledger import (
    DestroyStock,
    OpenLedger,
    ReceiveStock,
    WasteStock,
)
from services.sessions.domain.amounts import micrograms
from services.sessions.domain.errors import WrongStateError
from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.entry import Movement
from services.sessions.domain.ledger.errors import (
    LedgerOpenError,
    WitnessCodeNeededError,
)
from services.sessions.domain.ledger.recall import Recall
from services.sessions.domain.ledger.registration import Registration
from services.sessions.domain.ledger.states import (
    ContainerStatus,
    DestructionMethod,
    Kind,
    Origin,
)
from services.sessions.handlers.ledger.book import Book, demand_book, find_book
from services.sessions.handlers.ledger.witnessing import stood_by
from services.sessions.models.ledger import recalls
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def open_ledger(command: OpenLedger, uow: UnitOfWork) -> Registration:
    """The clinic keeps its ledger here; no dose is given without it any more.

    Raises:
        LedgerOpenError: it does already.
    """
    if find_book(uow) is not None:
        raise LedgerOpenError
    registration = Registration(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        number=command.number,
        schedule=command.schedule,
        opened_at=uow.now,
        opened_by=uow.actor_id,
    )
    uow.publish(registration.open(), of=registration)
    return uow.add(registration)


def receive_stock(command: ReceiveStock, uow: UnitOfWork) -> Container:
    """A container came in; one of a recalled lot is held back at once.

    Raises:
        InvalidError: what is said of it makes no sense, or has no invoice.
    """
    book = demand_book(uow)
    container = Container(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        registration_id=book.registration.id,
        number=book.registration.next_number(),
        drug=command.drug,
        form=command.form,
        lot=command.lot,
        strength_ug=micrograms(command.strength_mg),
        content_ug=micrograms(command.content_mg),
        expires_on=command.expires_on,
        supplier=command.supplier,
        ndc=command.ndc,
        received_at=uow.now,
    )
    container.demand_possible()
    amount_ug = _received_ug(command, container, book)
    said = {
        "origin": command.origin.value,
        "supplier": command.supplier,
        "supplier_number": command.supplier_number,
        "invoice": command.invoice,
    }
    details = {name: value for name, value in said.items() if value}
    come_in(
        book,
        container,
        Movement(kind=Kind.RECEIVE, amount_ug=amount_ug, details=details),
        uow,
    )
    return container


def come_in(
    book: Book,
    container: Container,
    movement: Movement,
    uow: UnitOfWork,
    cause_id: UUID | None = None,
) -> None:
    """A new container stands in the cabinet."""
    container.recall_id = _recall_of(container, uow)
    if movement.amount_ug < container.content_ug:
        container.opened_at = uow.now
    posting = book.posting(cause_id=cause_id)
    uow.publish(container.received(posting.id), of=container)
    uow.add(container)
    book.post(container, movement, posting)


def waste_stock(command: WasteStock, uow: UnitOfWork) -> Container:
    """The rest of an opened container is wasted before a witness.

    Raises:
        WrongStateError: it was never opened: stock is destroyed, not wasted.
    """
    book = demand_book(uow)
    container = book.container(command.container_id)
    container.demand_usable()
    if container.status is not ContainerStatus.OPEN:
        raise WrongStateError("what was never opened is destroyed, not wasted")
    said = command.wasted_mg
    amount_ug = container.balance_ug if said is None else micrograms(said)
    posting = book.posting(witness_id=stood_by(command.witness_code, uow))
    for movement in container.draw(amount_ug, tolerance_ug=0, note=None, at=uow.now):
        book.post(container, movement, posting)
    details = {"reason": command.reason}
    waste = Movement(kind=Kind.WASTE, amount_ug=amount_ug, details=details)
    book.post(container, waste, posting)
    uow.publish(container.wasted(posting.id), of=container)
    return container


def destroy_stock(command: DestroyStock, uow: UnitOfWork) -> Container:
    """A container is destroyed before two witnesses, or handed over to be.

    Raises:
        WitnessCodeNeededError: two persons have to see it, and did not enter codes.
        CaseOpenError: it is still to be found out what happened to it.
    """
    book = demand_book(uow)
    container = book.container(command.container_id)
    container.demand_on_hand()
    container.demand_no_case()
    witnesses = [stood_by(code, uow) for code in command.witness_codes]
    if command.how is DestructionMethod.FORM_41 and len(set(witnesses)) != 2:
        raise WitnessCodeNeededError(
            "two witnesses enter a code each", field="witness_codes"
        )
    first, second = [*witnesses, None, None][:2]
    posting = book.posting(witness_id=first, second_witness_id=second)
    details = {"how": command.how.value, "form": command.form_reference}
    gone = Movement(kind=Kind.DESTROY, amount_ug=container.balance_ug, details=details)
    book.post(container, gone, posting)
    container.leave(ContainerStatus.DESTROYED)
    uow.publish(container.destroyed(posting.id), of=container)
    return container


def _received_ug(command: ReceiveStock, container: Container, book: Book) -> int:
    """How much came in: the whole content, unless it was opened before the ledger."""
    is_initial = command.origin is Origin.INITIAL_INVENTORY
    if not is_initial and not command.invoice:
        raise InvalidError("a receipt needs its invoice", field="invoice")
    if not is_initial and container.expires_on < book.today:
        raise InvalidError("it has expired", field="expires_on")
    if command.amount_mg is None:
        return container.content_ug
    amount_ug = micrograms(command.amount_mg)
    if not is_initial or not 0 < amount_ug <= container.content_ug:
        raise InvalidError("what comes in is whole", field="amount_mg")
    return amount_ug


def _recall_of(container: Container, uow: UnitOfWork) -> UUID | None:
    """The recall that a container's lot is under."""
    query = select(Recall).where(
        recalls.c.drug == container.drug,
        func.lower(recalls.c.lot) == container.lot.strip().lower(),
    )
    found = uow.all(query.order_by(recalls.c.id).limit(1))
    return found[0].id if found else None
