"""What a session takes out of stock: drawn, given, and the rest wasted."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.sessions.commands import AbortSession, GiveDose
from services.sessions.commands.ledger import DrawFrom
from services.sessions.domain.amounts import Amounts, micrograms
from services.sessions.domain.errors import AmountsDoNotAddUpError
from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.entry import Movement, Posting
from services.sessions.domain.ledger.errors import (
    ContainerNeededError,
    LedgerNotOpenError,
    OtherLotError,
    WitnessCodeNeededError,
)
from services.sessions.domain.ledger.states import Kind
from services.sessions.domain.order import Drug
from services.sessions.domain.session import Session
from services.sessions.handlers.ledger.book import Book, find_book
from services.sessions.handlers.ledger.witnessing import stood_by
from shared.errors import InvalidError
from shared.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a session takes, and for which dose; without one it is all wasted."""

    session: Session
    drug: Drug
    amounts: Amounts
    dose_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """Out of which lot something was taken, and who saw the rest wasted."""

    lot: str = ""
    witness_id: UUID | None = None


def take_stock(command: GiveDose | AbortSession, need: Need, uow: UnitOfWork) -> Source:
    """Take what a session needs; out of containers, once the clinic's ledger is open.

    Raises:
        ContainerNeededError: the ledger is open, and no container is named.
        LedgerNotOpenError: it is not, and one is.
        WitnessIsActorError: the witness of the waste is who wasted it.
    """
    book = find_book(uow)
    if book is None:
        return _by_its_lot(command, need.amounts, uow)
    if command.witness_id is not None:
        raise WitnessCodeNeededError(field="witness_id")
    if not need.amounts.drawn_ug and not command.draws:
        return Source()
    if not command.draws:
        raise ContainerNeededError(field="draws")
    witness_id = _witness(command, need.amounts, uow)
    posting = book.posting(
        witness_id=witness_id,
        session_id=need.session.id,
        patient_id=need.session.patient_id,
        dose_id=need.dose_id,
    )
    used = draw(book, command.draws, need.amounts, need.drug, posting, uow)
    if command.lot and any(one.lot != command.lot for one in used):
        raise OtherLotError(field="lot")
    return Source(lot=used[0].lot, witness_id=witness_id)


def draw(
    book: Book,
    draws: Sequence[DrawFrom],
    amounts: Amounts,
    drug: Drug,
    posting: Posting,
    uow: UnitOfWork,
) -> list[Container]:
    """Post what was drawn out of each container, given and wasted; those used.

    What is given comes out of the containers in the order they are named in; what is
    then left is the waste.

    Raises:
        AmountsDoNotAddUpError: they do not make up what was drawn.
        NotEnoughLeftError: one does not hold that much.
    """
    if sum(micrograms(one.drawn_mg) for one in draws) != amounts.drawn_ug:
        raise AmountsDoNotAddUpError(field="draws")
    if len({one.container_id for one in draws}) < len(draws):
        raise InvalidError("a container is named twice", field="draws")
    left_ug, used = amounts.given_ug, []
    for one in draws:
        container = book.container(one.container_id)
        container.demand_drawable(drug, on=book.today)
        given_ug = min(left_ug, micrograms(one.drawn_mg))
        left_ug -= given_ug
        _draw_one(book, container, one, given_ug, posting, uow)
        used.append(container)
    return used


def _draw_one(
    book: Book,
    container: Container,
    one: DrawFrom,
    given_ug: int,
    posting: Posting,
    uow: UnitOfWork,
) -> None:
    drawn_ug = micrograms(one.drawn_mg)
    tolerance_ug = book.tolerance_ug(container)
    for movement in container.draw(
        drawn_ug, tolerance_ug=tolerance_ug, note=one.note, at=uow.now
    ):
        book.post(container, movement, posting)
    uow.publish(container.drawn(posting.id), of=container)
    if given_ug:
        given = Movement(kind=Kind.GIVE, amount_ug=given_ug)
        book.post(container, given, posting)
    if wasted_ug := drawn_ug - given_ug:
        waste = Movement(kind=Kind.WASTE, amount_ug=wasted_ug)
        book.post(container, waste, posting)
        uow.publish(container.wasted(posting.id), of=container)


def _by_its_lot(
    command: GiveDose | AbortSession, amounts: Amounts, uow: UnitOfWork
) -> Source:
    """As long as the clinic keeps its ledger elsewhere."""
    if command.draws or command.witness_code:
        raise LedgerNotOpenError
    amounts.demand_witness(command.witness_id, actor_id=uow.actor_id)
    if amounts.drawn_ug and not command.lot:
        raise InvalidError("what is drawn needs its lot", field="lot")
    return Source(lot=command.lot or "", witness_id=command.witness_id)


def _witness(
    command: GiveDose | AbortSession, amounts: Amounts, uow: UnitOfWork
) -> UUID | None:
    """Who saw the waste, or saw that there was none."""
    if command.witness_code:
        return stood_by(command.witness_code, uow)
    if amounts.wasted_ug:
        raise WitnessCodeNeededError(field="witness_code")
    return None
