"""A mistake in the ledger is reversed, and what is right is posted beside it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from services.sessions.commands.ledger import CorrectPosting
from services.sessions.domain.amounts import Amounts
from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.entry import Movement, Posting
from services.sessions.domain.ledger.errors import (
    ContainerNeededError,
    NotReversibleError,
)
from services.sessions.domain.ledger.states import Kind
from services.sessions.handlers.ledger.book import Book, demand_book
from services.sessions.handlers.ledger.drawing import draw
from services.sessions.handlers.ledger.witnessing import stood_by
from services.sessions.models.ledger import entries
from shared.errors import InvalidError, NotFoundError
from shared.unit_of_work import UnitOfWork

_ALONE = (frozenset({Kind.RECEIVE}), frozenset({Kind.DESTROY}), frozenset({Kind.LOSE}))
_DRAWN = frozenset({Kind.DRAW, Kind.GIVE, Kind.WASTE, Kind.ADJUST})


def correct_posting(command: CorrectPosting, uow: UnitOfWork) -> Posting:
    """Reverse a posting; one of a session is posted anew from the right containers.

    What a patient got does not change by it: that is the treatment record's.

    Raises:
        NotReversibleError: it was reversed before, or is of a kind that is not.
        NotEnoughLeftError: what came in by mistake was drawn from already.
        ContainerNeededError: a session's posting needs the right containers.
    """
    book = demand_book(uow)
    rows = _standing(command.posting_id, uow)
    witness_id = stood_by(command.witness_code, uow)
    about = {
        "witness_id": witness_id,
        "session_id": rows[0].session_id,
        "patient_id": rows[0].patient_id,
        "dose_id": rows[0].dose_id,
    }
    reversal = book.posting(**about)
    drugs = {_reverse(book, row, command.reason, reversal).drug for row in rows}
    event = book.registration.correct(command.posting_id, reversal.id)
    uow.publish(event, of=book.registration)
    if rows[0].session_id is None:
        if command.draws:
            raise InvalidError("this posting is of no session", field="draws")
        return reversal
    if not command.draws:
        raise ContainerNeededError(field="draws")
    (drug,) = drugs
    draw(book, command.draws, _amounts(rows), drug, book.posting(**about), uow)
    return reversal


def _standing(posting_id: UUID, uow: UnitOfWork) -> Sequence[Any]:
    """The entries of a posting that may be reversed, the last first."""
    reversal = aliased(entries)
    undone = exists().where(reversal.c.reverses_id == entries.c.id).label("is_reversed")
    found = (
        select(entries, undone)
        .where(entries.c.posting_id == posting_id, entries.c.clinic_id == uow.clinic_id)
        .order_by(entries.c.position.desc())
    )
    rows = uow.connection.execute(found).all()
    if not rows:
        raise NotFoundError("there is no such posting in this clinic")
    kinds = frozenset(row.kind for row in rows)
    is_drawn = Kind.DRAW in kinds and kinds <= _DRAWN
    if not (is_drawn or kinds in _ALONE) or any(row.is_reversed for row in rows):
        raise NotReversibleError
    return rows


def _reverse(book: Book, row: Any, reason: str, posting: Posting) -> Container:
    container = book.container(row.container_id)
    if row.kind is Kind.DESTROY:
        container.come_back()
    if container.gone_as is not None:
        # What would come back has left with the container.
        raise NotReversibleError
    if row.kind is Kind.ADJUST:
        container.tolerated_ug -= row.amount_ug
    movement = Movement(
        kind=Kind.REVERSE,
        amount_ug=row.amount_ug,
        signed_ug=-row.change_ug,
        reverses_id=row.id,
        details={"reason": reason},
    )
    book.post(container, movement, posting)
    container.reseal()
    return container


def _amounts(rows: Sequence[Any]) -> Amounts:
    """What a session drew, gave and wasted."""
    sums = {
        kind: sum(row.amount_ug for row in rows if row.kind is kind)
        for kind in (Kind.GIVE, Kind.DRAW, Kind.WASTE)
    }
    return Amounts(
        given_ug=sums[Kind.GIVE],
        drawn_ug=sums[Kind.DRAW],
        wasted_ug=sums[Kind.WASTE],
    )
