"""Stock is counted, and what does not add up becomes a case."""

from services.sessions.commands.ledger import CountLine, CountStock
from services.sessions.domain.amounts import micrograms
from services.sessions.domain.ledger.case import DiscrepancyCase
from services.sessions.domain.ledger.container import Container, adjustment
from services.sessions.domain.ledger.counting import StockCount, demand_complete
from services.sessions.domain.ledger.entry import Movement, Posting
from services.sessions.domain.ledger.states import Cause, Kind
from services.sessions.handlers.ledger.book import Book, demand_book
from services.sessions.handlers.ledger.cases import open_case
from services.sessions.handlers.loading import held
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def count_stock(command: CountStock, uow: UnitOfWork) -> StockCount:
    """What is in the cabinet was counted.

    Raises:
        CountIncompleteError: a container on hand is left out, and it is no spot count.
        InvalidError: a small variance has no note.
    """
    book = demand_book(uow)
    counted = [line.container_id for line in command.lines]
    demand_complete(command.moment, counted, book.on_hand())
    count = StockCount(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        registration_id=book.registration.id,
        moment=command.moment,
        counted_at=uow.now,
        counted_by=uow.actor_id,
    )
    posting = book.posting(count.id)
    for line in command.lines:
        container = book.container(line.container_id)
        container.demand_on_hand()
        count.note(micrograms(line.counted_mg) - container.balance_ug)
        _count(book, container, line, posting, uow)
    uow.publish(count.record(), of=count)
    return uow.add(count)


def _count(
    book: Book,
    container: Container,
    line: CountLine,
    posting: Posting,
    uow: UnitOfWork,
) -> None:
    counted_ug = micrograms(line.counted_mg)
    variance_ug = counted_ug - container.balance_ug
    details = {"note": line.note} if line.note else None
    counted = Movement(kind=Kind.COUNT, amount_ug=counted_ug, details=details)
    book.post(container, counted, posting)
    if container.case_id is not None:
        held(DiscrepancyCase, container.case_id, uow).count_again(counted_ug)
    elif variance_ug and container.tolerate(
        variance_ug, tolerance_ug=book.tolerance_ug(container), note=line.note
    ):
        book.post(container, adjustment(variance_ug, line.note), posting)
    elif variance_ug:
        open_case(book, container, Cause.VARIANCE, counted_ug, line.note, uow)
