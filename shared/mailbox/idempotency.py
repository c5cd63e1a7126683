"""What a client already asked for, kept with the change: twice is once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

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


def recall(
    connection: Connection, *, actor_id: UUID, key: str, request_hash: str
) -> Answer | None:
    """The answer an earlier request with this key got, if there was one.

    Raises:
        KeyReusedError: the key stands for another request.
    """
    row = connection.execute(
        select(idempotency_keys).where(
            idempotency_keys.c.actor_id == actor_id, idempotency_keys.c.key == key
        )
    ).first()
    if row is None:
        return None
    if row.request_hash != request_hash:
        raise KeyReusedError(field="Idempotency-Key")
    return Answer(status=row.status, body=row.body, etag=row.etag)


def remember(
    connection: Connection,
    answer: Answer,
    *,
    actor_id: UUID,
    key: str,
    request_hash: str,
    at: datetime,
) -> None:
    """Keep an answer, in the transaction of the change it tells of.

    Raises:
        KeyInUseError: another request with this key was faster.
    """
    try:
        connection.execute(
            insert(idempotency_keys).values(
                actor_id=actor_id,
                key=key,
                request_hash=request_hash,
                status=answer.status,
                body=answer.body,
                etag=answer.etag,
                created_at=at,
            )
        )
    except IntegrityError as error:
        raise KeyInUseError from error
