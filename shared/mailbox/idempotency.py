"""What a client already asked for, kept with the change: twice is once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.errors import ConflictError, InvalidError
from shared.mailbox.tables import idempotency_keys


class KeyReusedError(InvalidError):
    """This Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"


class KeyInUseError(ConflictError):
    """A request with this Idempotency-Key is being answered right now."""

    code = "idempotency_key_in_use"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that was given: status, JSON text and entity tag."""

    status: int
    body: str
    etag: str | None


def claim(
    connection: Connection, *, actor_id: UUID, key: str, request_hash: str, at: datetime
) -> Answer | None:
    """The answer an earlier request with this key got; None if this is the first one.

    It comes before anything the request does. A second request that comes while the
    first is being answered waits here, and gets the first one's answer: left to go on,
    it would be told that what it wants is taken, by itself.

    Raises:
        KeyReusedError: the key stands for another request.
        KeyInUseError: it was in use and is not any more: ask again.
    """
    row = {"actor_id": actor_id, "key": key, "request_hash": request_hash}
    # Status and body follow before the commit; until then nobody else sees the row.
    row |= {"status": 0, "body": "", "created_at": at}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    first = dialect.insert(idempotency_keys).values(row).on_conflict_do_nothing()
    if connection.execute(first.returning(idempotency_keys.c.key)).first():
        return None
    earlier = connection.execute(select(idempotency_keys).where(*_is(actor_id, key)))
    found = earlier.first()
    if found is None:
        raise KeyInUseError
    if found.request_hash != request_hash:
        raise KeyReusedError(field="Idempotency-Key")
    return Answer(status=found.status, body=found.body, etag=found.etag)


def remember(
    connection: Connection, answer: Answer, *, actor_id: UUID, key: str
) -> None:
    """Keep an answer, in the transaction of the change it tells of."""
    connection.execute(
        update(idempotency_keys)
        .where(*_is(actor_id, key))
        .values(status=answer.status, body=answer.body, etag=answer.etag)
    )


def _is(actor_id: UUID, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return idempotency_keys.c.actor_id == actor_id, idempotency_keys.c.key == key
