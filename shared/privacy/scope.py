"""What one transaction knows of keys and no other may build on yet.

It hangs on the database connection, under the transaction that runs on it, and counts
for nothing once that has ended, however it ended. Nothing here uses savepoints: one
that was rolled back would leave keys behind that are not there.
"""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection

from shared.privacy.keys import Key, Owner, Purpose

Name = tuple[Owner, UUID] | tuple[UUID, Purpose]

_SCOPE = "kap_keys"


@dataclass
class _Scope:
    """Keys made, held or, with None, destroyed in a transaction."""

    transaction: object
    keys: dict[Name, Key | None] = field(default_factory=dict)


def made_in(connection: Connection) -> dict[Name, Key | None]:
    """What the transaction that runs on a connection has noted."""
    scope: _Scope | None = connection.info.get(_SCOPE)
    if scope is None or scope.transaction is not connection.get_transaction():
        return {}
    return scope.keys


def keep(connection: Connection, name: Name, key: Key | None) -> None:
    """Note a key for the rest of the transaction."""
    transaction = connection.get_transaction()
    scope: _Scope | None = connection.info.get(_SCOPE)
    if scope is None or scope.transaction is not transaction:
        scope = connection.info[_SCOPE] = _Scope(transaction)
    scope.keys[name] = key
