"""An entry of the audit trail: who did what to which record, why, and what came of it.

It is written in the transaction of the access it tells of: what is answered or changed
without an entry does not happen. It holds ids and words for programs only.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared.audit.tables import audit_log
from shared.context import Context
from shared.database import insert_rows
from shared.ids import uuid7
from shared.privacy.columns import vault_of
from shared.privacy.keys import Purpose

NETWORK_TRAIL = UUID(int=0)
"""The clinic id of the trail of what is about no clinic, or of nobody's clinic."""


class Outcome(StrEnum):
    """What came of an access."""

    DONE = "done"
    """A change was made."""
    READ = "read"
    REFUSED = "refused"
    """The role does not allow it."""
    NOT_FOUND = "not_found"
    """There is no such record, or it is another clinic's."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One access.

    `clinic_id` is whose trail it belongs to. `record_type` and `record_id` say what it
    was about, `patients` whose records were touched.
    """

    id: UUID = field(default_factory=uuid7)
    clinic_id: UUID
    at: datetime
    actor_id: UUID
    roles: str
    purpose: str
    action: str
    record_type: str | None
    record_id: UUID | None
    patients: tuple[str, ...]
    request_id: UUID
    outcome: Outcome

    @classmethod
    def of(
        cls,
        context: Context,
        outcome: Outcome,
        *,
        at: datetime,
        record: tuple[str, UUID] | None = None,
        patients: Iterable[UUID | str] = (),
        clinic_id: UUID | None = None,
    ) -> "Entry":
        """What is done in a context; `clinic_id` names another clinic's trail."""
        kind, record_id = record or (None, None)
        return cls(
            clinic_id=clinic_id or context.clinic_id or NETWORK_TRAIL,
            at=at,
            actor_id=context.actor.id,
            roles=" ".join(sorted(context.roles)),
            purpose=context.purpose.value,
            action=context.action,
            record_type=kind,
            record_id=record_id,
            patients=tuple(sorted({str(patient) for patient in patients})),
            request_id=context.request_id,
            outcome=outcome,
        )


def write(connection: Connection, entry: Entry) -> None:
    """Write an entry, in the transaction of what it tells of."""
    insert_rows(connection, [(audit_log, row_of(connection, entry))])


def row_of(connection: Connection, entry: Entry) -> dict[str, Any]:
    """The row of an entry, signed with its clinic's key."""
    return signed(entry, key_of(connection, entry.clinic_id))


def key_of(connection: Connection, clinic_id: UUID) -> bytes:
    """The key a clinic's entries are signed with."""
    return vault_of(connection).key(connection, clinic_id, Purpose.AUDIT)


def signed(entry: Entry, key: bytes) -> dict[str, Any]:
    """An entry as a row, with the code that only this deployment can make of it."""
    row = vars(entry)
    return {**row, "patients": list(entry.patients), "mac": mac_of(row, key)}


_SIGNED = tuple(item for item in Entry.__dataclass_fields__)
_WRITTEN: Mapping[type, Callable[[Any], Any]] = {
    datetime: lambda value: value.isoformat(timespec="microseconds"),
    UUID: str,
    tuple: list,
}


def mac_of(row: Mapping[str, Any], key: bytes) -> str:
    """The code of what a row says; a row that was changed has another.

    HMAC-SHA256 over its fields in the order of `Entry`, as JSON.
    """
    said = [_WRITTEN.get(type(row[name]), _plain)(row[name]) for name in _SIGNED]
    text = json.dumps(said, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _plain(value: Any) -> Any:
    return value
