"""Seals the entries of each clinic one to the next, and finds what was tampered with.

An entry is signed when it is written. Soon after its commit, one process at a time
gives it its place in its clinic's chain and a seal made of its code and the seal before
it, so that nothing between two entries can be taken out or put in later. An anchor of
each chain is told to another service every day: it shows if a chain was cut at its end
or made anew.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, func, insert, select, text, update

from shared.audit.tables import audit_anchors, audit_log
from shared.audit.trail import mac_of

BATCH = 500
PAGE = 1_000
ANCHOR_EVERY = timedelta(days=1)
LOOK_EVERY = timedelta(minutes=1)
FIRST_SEAL = "0" * 64
_LOCK = 4_810_228

KeyOf = Callable[[UUID], bytes]
"""The key a clinic's entries are signed with."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """The last sealed entry of a chain."""

    position: int = 0
    entry_id: UUID | None = None
    seal: str = FIRST_SEAL


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """The state of a chain that another service is told of."""

    clinic_id: UUID
    number: int
    position: int
    seal: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is not as it was written."""

    clinic_id: UUID
    entry_id: UUID | None
    position: int | None
    what: str


def seal(connection: Connection, key_of: KeyOf) -> int:
    """Give entries that have none their place and seal; how many there were."""
    if not _is_ours(connection):
        return 0
    waiting = list(connection.execute(_UNSEALED))
    heads: dict[UUID, Head] = {}
    places = []
    for row in waiting:
        if row.clinic_id not in heads:
            heads[row.clinic_id] = head_of(connection, row.clinic_id)
        before = heads[row.clinic_id]
        heads[row.clinic_id] = after = Head(
            position=before.position + 1,
            entry_id=row.id,
            seal=seal_of(row.mac, before, key_of(row.clinic_id)),
        )
        places.append(
            {
                "which": row.id,
                "place": after.position,
                "before": before.entry_id,
                "seal": after.seal,
            }
        )
    if places:
        connection.execute(_SEAL, places)
    return len(places)


_UNSEALED = (
    select(audit_log.c.id, audit_log.c.clinic_id, audit_log.c.mac)
    .where(audit_log.c.position.is_(None))
    .order_by(audit_log.c.id)
    .limit(BATCH)
)
_SEAL = (
    update(audit_log)
    .where(audit_log.c.id == bindparam("which"), audit_log.c.position.is_(None))
    .values(
        position=bindparam("place"),
        previous_id=bindparam("before"),
        seal=bindparam("seal"),
    )
)


def seal_of(mac: str, before: Head, key: bytes) -> str:
    """What ties an entry to the one before it."""
    said = f"{before.position + 1} {before.seal} {mac}"
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def head_of(connection: Connection, clinic_id: UUID) -> Head:
    """The last sealed entry of a clinic's chain."""
    last = select(func.max(audit_log.c.position)).where(
        audit_log.c.clinic_id == clinic_id
    )
    row = connection.execute(
        select(audit_log.c.position, audit_log.c.id, audit_log.c.seal).where(
            audit_log.c.clinic_id == clinic_id,
            audit_log.c.position == last.scalar_subquery(),
        )
    ).first()
    return (
        Head(position=row.position, entry_id=row.id, seal=row.seal) if row else Head()
    )


def due_anchors(connection: Connection, *, now: datetime) -> list[Anchor]:
    """Chains that have grown and were not anchored for a day, new ones not since
    they began.
    """
    last = (
        select(
            audit_anchors.c.clinic_id,
            func.max(audit_anchors.c.at).label("at"),
            func.max(audit_anchors.c.position).label("position"),
            func.max(audit_anchors.c.number).label("number"),
        )
        .group_by(audit_anchors.c.clinic_id)
        .subquery()
    )
    heads = (
        select(
            audit_log.c.clinic_id,
            func.max(audit_log.c.position).label("position"),
            func.min(audit_log.c.at).label("begun_at"),
        )
        .where(audit_log.c.position.is_not(None))
        .group_by(audit_log.c.clinic_id)
        .subquery()
    )
    rows = connection.execute(
        select(heads, last.c.number, last.c.position.label("anchored"), last.c.at)
        .outerjoin(last, last.c.clinic_id == heads.c.clinic_id)
        .order_by(heads.c.clinic_id)
    )
    return [
        Anchor(
            clinic_id=row.clinic_id,
            number=(row.number or 0) + 1,
            position=row.position,
            seal=head_of(connection, row.clinic_id).seal,
        )
        for row in rows
        if (row.at or row.begun_at) + ANCHOR_EVERY <= now
        and row.position > (row.anchored or 0)
    ]


def keep_anchor(connection: Connection, anchor: Anchor, *, at: datetime) -> None:
    """Write an anchor down here too."""
    connection.execute(
        insert(audit_anchors).values(
            clinic_id=anchor.clinic_id,
            number=anchor.number,
            position=anchor.position,
            seal=anchor.seal,
            at=at,
        )
    )


def verify(
    connection: Connection,
    clinic_id: UUID,
    key: bytes,
    *,
    anchors: Mapping[int, str] | None = None,
) -> Iterator[Finding]:
    """What is wrong with a clinic's trail; nothing, if nothing was tampered with.

    Args:
        anchors: the seals by position that another service was told; those kept here
            count too.

    Every entry is read once, in order, a page at a time.
    """
    expected = _anchors_of(connection, clinic_id) | dict(anchors or {})
    before = Head()
    for row in _sealed(connection, clinic_id):
        follows = row.position == before.position + 1
        if not follows:
            yield from _gap(row, before)
        if not _is_genuine(row, key):
            yield _finding(row, "was altered")
        elif follows and row.seal != seal_of(row.mac, before, key):
            yield _finding(row, "does not follow from the entry before it")
        if row.position in expected and expected[row.position] != row.seal:
            yield _finding(row, "is not what was anchored")
        before = Head(position=row.position, entry_id=row.id, seal=row.seal)
    for position in sorted(expected):
        if position > before.position:
            yield Finding(
                clinic_id=clinic_id,
                entry_id=None,
                position=position,
                what=f"was anchored and is gone; the chain ends at {before.position}",
            )
            break
    yield from _unsealed(connection, clinic_id, key)


def _gap(row: Row[Any], before: Head) -> Iterator[Finding]:
    """Entries between two that are there; the last of them is known by its id."""
    for position in range(before.position + 1, min(row.position, before.position + 51)):
        is_last = position == row.position - 1
        yield Finding(
            clinic_id=row.clinic_id,
            entry_id=row.previous_id if is_last else None,
            position=position,
            what="was removed",
        )


def _is_genuine(row: Row[Any], key: bytes) -> bool:
    values = {**row._mapping, "patients": tuple(row.patients)}
    return hmac.compare_digest(mac_of(values, key), row.mac)


def _finding(row: Row[Any], what: str) -> Finding:
    return Finding(
        clinic_id=row.clinic_id, entry_id=row.id, position=row.position, what=what
    )


def _sealed(connection: Connection, clinic_id: UUID) -> Iterator[Row[Any]]:
    position = 0
    while rows := connection.execute(
        select(audit_log)
        .where(audit_log.c.clinic_id == clinic_id, audit_log.c.position > position)
        .order_by(audit_log.c.position)
        .limit(PAGE)
    ).all():
        yield from rows
        position = rows[-1].position


def _unsealed(connection: Connection, clinic_id: UUID, key: bytes) -> Iterator[Finding]:
    """Entries that wait for their seal are well if they are ours."""
    rows: Sequence[Row[Any]] = connection.execute(
        select(audit_log)
        .where(audit_log.c.clinic_id == clinic_id, audit_log.c.position.is_(None))
        .order_by(audit_log.c.id)
    ).all()
    for row in rows:
        if not _is_genuine(row, key):
            yield _finding(row, "was inserted or altered")


def _anchors_of(connection: Connection, clinic_id: UUID) -> dict[int, str]:
    rows = connection.execute(
        select(audit_anchors.c.position, audit_anchors.c.seal).where(
            audit_anchors.c.clinic_id == clinic_id
        )
    )
    return {row.position: row.seal for row in rows}


def _is_ours(connection: Connection) -> bool:
    """Whether this transaction is the one that seals; SQLite has one writer anyway."""
    if connection.dialect.name != "postgresql":
        return True
    query = text("select pg_try_advisory_xact_lock(:key)")
    return bool(connection.execute(query, {"key": _LOCK}).scalar())
