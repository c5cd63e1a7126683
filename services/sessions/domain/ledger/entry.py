"""An entry: what changed in one container, tied to all entries before it."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.sessions.domain.ledger.states import Kind

FIRST = "0" * 64
"""What the first entry of a registration is tied to."""

_IN = frozenset({Kind.RECEIVE, Kind.TRANSFER_IN, Kind.RETURN})
_OUT = frozenset({Kind.DRAW, Kind.TRANSFER_OUT, Kind.DESTROY, Kind.LOSE})
SIGNED = frozenset({Kind.ADJUST, Kind.REVERSE})
"""Entries whose amount alone does not say whether it comes or goes."""


@dataclass(frozen=True, kw_only=True)
class Posting:
    """What entries that belong together have in common: one act of somebody.

    `cause_id` is the case, shipment, delivery or count that it comes from.
    """

    id: UUID
    at: datetime
    actor_id: UUID
    witness_id: UUID | None = None
    second_witness_id: UUID | None = None
    session_id: UUID | None = None
    patient_id: UUID | None = None
    dose_id: UUID | None = None
    cause_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Movement:
    """What becomes of a container's content.

    `signed_ug` is given where the kind leaves open whether it comes or goes. `details`
    are the words: supplier and invoice, form, reason, note.
    """

    kind: Kind
    amount_ug: int
    signed_ug: int | None = None
    reverses_id: UUID | None = None
    details: Mapping[str, str] | None = None

    @property
    def change_ug(self) -> int:
        """By how much the container's balance changes."""
        if self.signed_ug is not None:
            return self.signed_ug
        return change_of(self.kind, self.amount_ug)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the ledger; `position` counts those of the registration from 1."""

    id: UUID
    clinic_id: UUID
    registration_id: UUID
    position: int
    posting_id: UUID
    container_id: UUID
    kind: Kind
    amount_ug: int
    change_ug: int
    balance_ug: int
    at: datetime
    actor_id: UUID
    witness_id: UUID | None
    second_witness_id: UUID | None
    session_id: UUID | None
    patient_id: UUID | None
    dose_id: UUID | None
    cause_id: UUID | None
    reverses_id: UUID | None
    details: Mapping[str, str] | None
    hash: str


CONTENT = tuple(item.name for item in fields(Entry) if item.name != "hash")


def change_of(kind: Kind, amount_ug: int) -> int:
    """By how much an amount changes a balance; what was drawn already, not again."""
    if kind in _IN:
        return amount_ug
    return -amount_ug if kind in _OUT else 0


def hash_of(content: Mapping[str, Any], before: str, key: bytes) -> str:
    """What ties an entry to the one before: HMAC-SHA256 over both, in hexadecimal.

    The content is JSON with sorted keys and no spaces, its times in UTC, so that both
    databases and every later reader get the same text.
    """
    said = {name: content[name] for name in CONTENT} | {"before": before}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=_plain)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
