"""A clinic's registration: whose ledger it is, and how far it goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.entry import (
    FIRST,
    Entry,
    Movement,
    Posting,
    hash_of,
)
from services.sessions.domain.ledger.states import Schedule
from shared.aggregate import Aggregate
from shared.events.sessions import LedgerOpened, PostingCorrected
from shared.ids import uuid7


@dataclass(kw_only=True, eq=False)
class Registration(Aggregate):
    """Under which number a clinic keeps controlled substances.

    `position` and `head` are those of the last entry: whoever adds one holds this
    record, so entries come one after the other. `containers` counts all ever taken in.
    """

    number: str
    schedule: Schedule
    opened_at: datetime
    opened_by: UUID
    containers: int = 0
    position: int = 0
    head: str = FIRST

    def open(self) -> LedgerOpened:
        """The ledger is kept here from now on."""
        return LedgerOpened(registration_id=self.id)

    def next_number(self) -> int:
        """The number of one more container."""
        self.containers += 1
        return self.containers

    def post(
        self, container: Container, movement: Movement, posting: Posting, *, key: bytes
    ) -> Entry:
        """Add an entry; the container is as it says.

        Raises:
            NotEnoughLeftError: the container would hold less than nothing.
        """
        container.move(movement.change_ug)
        self.position += 1
        content: dict[str, Any] = {
            **{name: value for name, value in vars(posting).items() if name != "id"},
            "id": uuid7(),
            "clinic_id": self.clinic_id,
            "registration_id": self.id,
            "position": self.position,
            "posting_id": posting.id,
            "container_id": container.id,
            "kind": movement.kind,
            "amount_ug": movement.amount_ug,
            "change_ug": movement.change_ug,
            "balance_ug": container.balance_ug,
            "reverses_id": movement.reverses_id,
            "details": movement.details,
        }
        self.head = hash_of(content, self.head, key)
        return Entry(**content, hash=self.head)

    def correct(self, reversed_id: UUID, posting_id: UUID) -> PostingCorrected:
        """A posting was reversed by another."""
        return PostingCorrected(
            registration_id=self.id,
            posting_id=posting_id,
            reversed_posting_id=reversed_id,
        )
