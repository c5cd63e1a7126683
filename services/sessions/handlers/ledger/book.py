"""A clinic's ledger in the hands of one transaction."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.sessions.domain.copies import Clinic
from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.entry import Movement, Posting
from services.sessions.domain.ledger.errors import LedgerNotOpenError
from services.sessions.domain.ledger.registration import Registration
from services.sessions.domain.ledger.states import ON_HAND
from services.sessions.handlers.loading import held
from services.sessions.models import ledger, packs
from shared.audit.trail import key_of
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


class Book:
    """A registration that nobody else posts to until this transaction ends.

    Containers change under it only, so whatever order they are named in, nothing
    deadlocks, and each entry follows the one before.
    """

    def __init__(self, registration: Registration, uow: UnitOfWork) -> None:
        self.registration = registration
        self.rules = packs.of(uow).ledger
        self._uow = uow
        self._key = key_of(uow.connection, uow.clinic_id)

    @property
    def today(self) -> date:
        """The day it is in the clinic."""
        return self._uow.now.astimezone(self.clinic.zone).date()

    @property
    def clinic(self) -> Clinic:
        """What is known of the clinic."""
        return self._uow.get(Clinic, self._uow.clinic_id)

    def container(self, container_id: UUID) -> Container:
        """A container of the registration.

        Raises:
            NotFoundError: there is none.
        """
        return held(Container, container_id, self._uow)

    def on_hand(self) -> list[Container]:
        """Every container in the cabinet, by its number."""
        query = select(Container).where(ledger.containers.c.status.in_(sorted(ON_HAND)))
        return self._uow.all(query.order_by(ledger.containers.c.number))

    def tolerance_ug(self, container: Container) -> int:
        """How far a container may be off in all."""
        return self.rules.tolerance_ug(container.form, container.content_ug)

    def posting(self, posting_id: UUID | None = None, **about: Any) -> Posting:
        """An act of whoever asks, now."""
        return Posting(
            id=posting_id or uuid7(),
            at=self._uow.now,
            actor_id=self._uow.actor_id,
            **about,
        )

    def post(self, container: Container, movement: Movement, posting: Posting) -> None:
        """Add an entry.

        Raises:
            NotEnoughLeftError: the container would hold less than nothing.
        """
        entry = self.registration.post(container, movement, posting, key=self._key)
        self._uow.insert(ledger.entries, **vars(entry))


def find_book(uow: UnitOfWork) -> Book | None:
    """The clinic's ledger, held; None while it is not open."""
    query = select(Registration).with_for_update(key_share=True)
    found = uow.all(query)
    return Book(found[0], uow) if found else None


def demand_book(uow: UnitOfWork) -> Book:
    """The clinic's ledger, held.

    Raises:
        LedgerNotOpenError: it is not open.
    """
    book = find_book(uow)
    if book is None:
        raise LedgerNotOpenError
    return book
