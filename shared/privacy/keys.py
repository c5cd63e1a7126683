"""One key, and how it seals: AES-256-GCM, bound to the key and to the column.

A sealed value is a letter for whose key it is, the key's id (16 bytes), a nonce (12),
and the ciphertext with its tag. Letter, id and the column's name are associated data:
a value that is put into another column, or under another key's id, does not open.
"""

import os
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import ConflictError, KapError

NONCE_BYTES = 12
ID_BYTES = 16
HEADER_BYTES = 1 + ID_BYTES
LEAST_BYTES = HEADER_BYTES + NONCE_BYTES + 16

NETWORK = UUID(int=0)
"""Stands for the network where a key has to belong to a clinic."""


class SealBrokenError(KapError):
    """A sealed value was altered, or its key is not there."""

    code = "seal_broken"


class NoVaultError(KapError):
    """This database was opened without keys; nothing sealed can be read or written."""

    code = "no_vault"


class PersonErasedError(ConflictError):
    """This person was erased; nothing more can be kept of who it was."""

    code = "person_erased"


class Purpose(StrEnum):
    """What a clinic's key is for; each has one of its own."""

    DATA = "data"
    INDEX = "index"
    AUDIT = "audit"
    PROCESS_NOTES = "process_notes"


class Owner(Enum):
    """Whose key sealed a value: the first byte of it."""

    CLINIC = b"\x01"
    PERSON = b"\x02"


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key in the clear, for as long as this process remembers it."""

    id: UUID
    clinic_id: UUID
    owner: Owner
    secret: bytes = field(repr=False)
    cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cipher", AESGCM(self.secret))

    @property
    def header(self) -> bytes:
        """What every value that this key sealed begins with."""
        return header_of(self.owner, self.id)

    def seal(self, plain: bytes, where: str) -> bytes:
        """Bytes that only this key opens, and only for this column."""
        nonce, header = os.urandom(NONCE_BYTES), self.header
        sealed = self.cipher.encrypt(nonce, plain, header + where.encode())
        return header + nonce + sealed

    def open(self, sealed: bytes, where: str) -> bytes:
        """What was sealed.

        Raises:
            SealBrokenError: it was altered, or is another column's or key's.
        """
        nonce = sealed[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
        body = sealed[HEADER_BYTES + NONCE_BYTES :]
        try:
            return self.cipher.decrypt(
                nonce, body, sealed[:HEADER_BYTES] + where.encode()
            )
        except (InvalidTag, ValueError):
            raise broken(where, self.id) from None


def header_of(owner: Owner, key_id: UUID) -> bytes:
    """What every value that a key sealed begins with."""
    return owner.value + key_id.bytes


def sealed_by(sealed: bytes, where: str) -> tuple[Owner, UUID]:
    """Whose key, and which, sealed a value.

    Raises:
        SealBrokenError: no sealed value begins like this.
    """
    if len(sealed) < LEAST_BYTES:
        raise broken(where, None)
    try:
        owner = Owner(bytes(sealed[:1]))
    except ValueError:
        raise broken(where, None) from None
    return owner, UUID(bytes=bytes(sealed[1:HEADER_BYTES]))


def broken(where: str, key_id: UUID | None) -> SealBrokenError:
    """The error that names the column and the key, and nothing of the value."""
    return SealBrokenError(f"a value in {where} does not open with key {key_id}")


def wrap_person(secret: bytes, person_id: UUID, by: Key) -> bytes:
    """A person's key, wrapped by a clinic's; it is of no use to another person."""
    return by.seal(secret, f"person_keys.{person_id}")


def unwrap_person(wrapped: bytes, person_id: UUID, by: Key) -> bytes:
    """The key that was wrapped.

    Raises:
        SealBrokenError: it was altered, or is another person's.
    """
    return by.open(bytes(wrapped), f"person_keys.{person_id}")
