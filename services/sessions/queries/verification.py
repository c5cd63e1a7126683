"""Whether the ledger is whole: the chain, the balances, and every dose."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select

from services.sessions.domain.ledger.entry import (
    FIRST,
    SIGNED,
    change_of,
    hash_of,
)
from services.sessions.domain.ledger.states import Kind
from services.sessions.models import doses
from services.sessions.models.ledger import containers, entries, registrations
from shared.audit.trail import key_of
from shared.reading import Reading, Row

PAGE = 1_000


def verification(reading: Reading) -> Row:
    """How many entries there are, and what is not as it was written.

    Entries that come meanwhile are left to the next time.
    """
    clinic_id = reading.context.clinic_id
    found = reading.rows(reading.select(registrations))
    if not found or clinic_id is None:
        return {"clinic_id": clinic_id, "entries": 0, "head": FIRST, "findings": []}
    registration = found[0]
    findings = [
        *_chain(reading, registration, key_of(reading.connection, clinic_id)),
        *_sums(reading, registration["opened_at"]),
    ]
    return {
        "clinic_id": clinic_id,
        "entries": registration["position"],
        "head": registration["head"],
        "findings": findings,
    }


def _chain(reading: Reading, registration: Row, key: bytes) -> Iterator[Row]:
    """Every entry once, in order, held against its hash and its container."""
    position, head = 0, FIRST
    balances: dict[UUID, int] = {}
    for row in _entries(reading, registration["position"]):
        for missing in range(position + 1, row["position"]):
            yield _finding(None, missing, "was removed")
        if row["hash"] != hash_of(row, head, key):
            yield _finding(row["id"], row["position"], "is not what was written")
        elif not _is_sound(row, balances.get(row["container_id"], 0)):
            yield _finding(row["id"], row["position"], "does not add up")
        balances[row["container_id"]] = row["balance_ug"]
        position, head = row["position"], row["hash"]
    for missing in range(position + 1, registration["position"] + 1):
        yield _finding(None, missing, "was removed")
    if position == registration["position"] and head != registration["head"]:
        yield _finding(registration["id"], position, "is not the end of the ledger")


def _entries(reading: Reading, last: int) -> Iterator[Row]:
    position = 0
    while rows := reading.rows(
        reading.select(entries)
        .where(entries.c.position > position, entries.c.position <= last)
        .order_by(entries.c.position)
        .limit(PAGE)
    ):
        yield from rows
        position = rows[-1]["position"]


def _is_sound(row: Row, balance_ug: int) -> bool:
    fits = row["kind"] in SIGNED or row["change_ug"] == change_of(
        row["kind"], row["amount_ug"]
    )
    return bool(fits and row["balance_ug"] == balance_ug + row["change_ug"] >= 0)


def _sums(reading: Reading, opened_at: datetime) -> Iterator[Row]:
    """What must add up, each asked in one query, so that nothing comes in between."""
    asked = (
        (_wrong_balances(reading), "its balance is not the sum of its entries"),
        (_wrong_postings(reading), "what was drawn was not given and wasted"),
        (_unposted_doses(reading, opened_at), "was given without an entry"),
    )
    for query, what in asked:
        for (record_id,) in reading.connection.execute(query):
            yield _finding(record_id, None, what)


def _wrong_balances(reading: Reading) -> Select[Any]:
    total = func.coalesce(func.sum(entries.c.change_ug), 0)
    return (
        reading.select(containers, containers.c.id)
        .outerjoin(entries, entries.c.container_id == containers.c.id)
        .group_by(containers.c.id, containers.c.balance_ug)
        .having(total != containers.c.balance_ug)
    )


def _wrong_postings(reading: Reading) -> Select[Any]:
    def total(*kinds: Kind) -> ColumnElement[int]:
        is_one = entries.c.kind.in_(kinds)
        return func.sum(case((is_one, entries.c.amount_ug), else_=0))

    return (
        reading.select(entries, entries.c.posting_id)
        .group_by(entries.c.posting_id)
        .having(total(Kind.DRAW) != total(Kind.GIVE, Kind.WASTE))
    )


def _unposted_doses(reading: Reading, opened_at: datetime) -> Select[Any]:
    """Doses since the ledger was opened whose draws do not make up what was drawn."""
    reversal = select(entries.c.reverses_id).where(entries.c.reverses_id.is_not(None))
    drawn = (
        select(func.coalesce(func.sum(entries.c.amount_ug), 0))
        .where(
            entries.c.dose_id == doses.c.id,
            entries.c.kind == Kind.DRAW,
            entries.c.id.not_in(reversal),
        )
        .scalar_subquery()
    )
    return reading.select(doses, doses.c.id).where(
        doses.c.given_at > opened_at, drawn != doses.c.drawn_ug
    )


def _finding(record_id: UUID | None, position: int | None, what: str) -> Row:
    return {"record_id": record_id, "position": position, "what": what}
