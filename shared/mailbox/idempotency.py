"""What a client already asked for, kept with the change: twice is once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.errors import ConflictError, InvalidError
from shared.mailbox.tables import idempotency_keys
from shared.privacy.columns import seal, sealed_columns, unseal, vault_of
from shared.privacy.keys import NETWORK

BATCH = 500


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


class AnswerErasedError(ConflictError):
    """This was done; its answer named a person who was erased since."""

    code = "answer_erased"


def claim(
    connection: Connection,
    *,
    actor_id: UUID,
    key: str,
    request_hash: str,
    at: datetime,
    clinic_id: UUID | None = None,
) -> Answer | None:
    """The answer an earlier request with this key got; None if this is the first one.

    It comes before anything the request does. A second request that comes while the
    first is being answered waits here, and gets the first one's answer: left to go on,
    it would be told that what it wants is taken, by itself.

    Raises:
        KeyReusedError: the key stands for another request.
        KeyInUseError: it was in use and is not any more: ask again.
        AnswerErasedError: the answer was forgotten with the person it names.
    """
    owner = clinic_id or NETWORK
    marked = _marked(connection, owner, request_hash)
    row = {"actor_id": actor_id, "key": key, "request_hash": marked}
    # Status and body follow before the commit; until then nobody else sees the row.
    row |= {"status": 0, "created_at": at, "clinic_id": owner}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    first = dialect.insert(idempotency_keys).values(row).on_conflict_do_nothing()
    if connection.execute(first.returning(idempotency_keys.c.key)).first():
        return None
    earlier = connection.execute(select(idempotency_keys).where(*_is(actor_id, key)))
    found = earlier.first()
    if found is None:
        raise KeyInUseError
    if found.request_hash != _marked(connection, found.clinic_id, request_hash):
        raise KeyReusedError(field="Idempotency-Key")
    if found.body is None:
        raise AnswerErasedError
    (body,) = unseal(connection, [found.body], clinic_id=found.clinic_id)
    return Answer(status=found.status, body=body, etag=found.etag)


def remember(
    connection: Connection,
    answer: Answer,
    *,
    actor_id: UUID,
    key: str,
    clinic_id: UUID | None = None,
) -> None:
    """Keep an answer, in the transaction of the change it tells of."""
    kind = sealed_columns(idempotency_keys)["body"]
    body = seal(connection, kind, answer.body, clinic_id=clinic_id)
    connection.execute(
        update(idempotency_keys)
        .where(*_is(actor_id, key))
        .values(status=answer.status, body=body, etag=answer.etag)
    )


def forget(
    connection: Connection, clinic_id: UUID, *, mention: str, since: datetime
) -> int:
    """Forget the answers of a clinic in which something is mentioned; how many.

    That they were given stays known: what was asked for is not done again.

    Args:
        since: no earlier answer can mention it.
    """
    table, gone = idempotency_keys, 0
    after: tuple[UUID, str] | None = None
    key = tuple_(table.c.actor_id, table.c.key)
    query = (
        select(table.c.actor_id, table.c.key, table.c.body)
        # Old answers are the network's: nobody had noted of which clinic they are.
        .where(table.c.clinic_id.in_([clinic_id, NETWORK]), table.c.created_at >= since)
        .where(table.c.body.is_not(None))
        .order_by(table.c.actor_id, table.c.key)
        .limit(BATCH)
    )
    while rows := list(
        connection.execute(query if after is None else query.where(key > after))
    ):
        bodies = unseal(connection, [row.body for row in rows])
        for row, body in zip(rows, bodies, strict=True):
            if mention in body:
                blank = update(table).where(*_is(row.actor_id, row.key))
                connection.execute(blank.values(body=None))
                gone += 1
        after = rows[-1].actor_id, rows[-1].key
    return gone


def _marked(connection: Connection, clinic_id: UUID, request_hash: str) -> str:
    """A hash of a request that nobody without our key can guess the request from."""
    vault = vault_of(connection)
    return vault.index(connection, clinic_id, "idempotency", request_hash, exact=True)


def _is(actor_id: UUID, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return idempotency_keys.c.actor_id == actor_id, idempotency_keys.c.key == key
