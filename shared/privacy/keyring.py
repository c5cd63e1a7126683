"""The master keys: they wrap the keys of clinics and never touch a record.

`MasterKeys` is all that is asked of them, so that a key management service can stand
in for the ring of keys that a setting or a file holds.
"""

import base64
import binascii
import json
import os
import secrets
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import KapError

KEY_BYTES = 32
NONCE_BYTES = 12


class MasterKeyError(KapError):
    """The master keys cannot be read, or not used for this."""

    code = "master_key"


class MasterKeys(Protocol):
    """What wraps keys."""

    @property
    def current(self) -> str:
        """The id of the key that wraps from now on."""

    def wrap(self, key: bytes) -> tuple[str, bytes]:
        """A key, wrapped, and the id of the key that did it."""

    def unwrap(self, master_id: str, blob: bytes) -> bytes:
        """The key that was wrapped.

        Raises:
            MasterKeyError: by a key we do not have, or it was altered.
        """


@dataclass(frozen=True, kw_only=True)
class Ring:
    """Keys by their ids, and which of them wraps from now on."""

    current: str
    keys: Mapping[str, bytes]

    @classmethod
    def parse(cls, text: str) -> "Ring":
        """A ring from `{"current": id, "keys": {id: base64 of 32 bytes}}`.

        Raises:
            MasterKeyError: that is not what it says; no key is quoted.
        """
        try:
            said = json.loads(text)
            keys = {
                str(name): base64.b64decode(key, validate=True)
                for name, key in said["keys"].items()
            }
            current = str(said["current"])
        except (KeyError, TypeError, AttributeError, ValueError, binascii.Error):
            # What it says instead may be half a key: nothing of it is passed on.
            raise MasterKeyError("the master keys are not a ring of keys") from None
        if current not in keys:
            raise MasterKeyError("the current master key is not in the ring")
        if any(len(key) != KEY_BYTES for key in keys.values()):
            raise MasterKeyError(f"a master key does not have {KEY_BYTES} bytes")
        return cls(current=current, keys=keys)

    def dump(self) -> str:
        """The text it is kept as."""
        keys = {name: base64.b64encode(key).decode() for name, key in self.keys.items()}
        return json.dumps({"current": self.current, "keys": keys}, indent=2) + "\n"

    def with_new(self) -> "Ring":
        """The same ring with one key more, which is the current one."""
        name = new_id()
        key = secrets.token_bytes(KEY_BYTES)
        return Ring(current=name, keys={**self.keys, name: key})

    def without(self, unused: frozenset[str]) -> "Ring":
        """The same ring without some keys; the current one stays."""
        kept = {
            name: key
            for name, key in self.keys.items()
            if name == self.current or name not in unused
        }
        return Ring(current=self.current, keys=kept)


def new_id() -> str:
    """An id for a master key; it says nothing about the key."""
    return f"mk-{secrets.token_hex(4)}"


def new_ring() -> str:
    """A ring of one new key, as text."""
    return Ring(current="", keys={}).with_new().dump()


class Keyring:
    """Master keys from a setting: the ring as JSON, or `@` and the file that holds it.

    The file is read again when it has changed or does not know an id, so that a new key
    needs no restart.

    Raises:
        MasterKeyError: there is no such file, or no ring in it.
    """

    def __init__(self, setting: str) -> None:
        self._path = Path(setting[1:]) if setting.startswith("@") else None
        self._lock = threading.Lock()
        self._seen: object = None
        self._ring = Ring.parse(setting) if self._path is None else self._read()

    @property
    def current(self) -> str:
        """The id of the key that wraps from now on."""
        return self._fresh().current

    def wrap(self, key: bytes) -> tuple[str, bytes]:
        """A key, wrapped, and the id of the key that did it."""
        ring = self._fresh()
        nonce = os.urandom(NONCE_BYTES)
        cipher = AESGCM(ring.keys[ring.current])
        return ring.current, nonce + cipher.encrypt(nonce, key, ring.current.encode())

    def unwrap(self, master_id: str, blob: bytes) -> bytes:
        """The key that was wrapped.

        Raises:
            MasterKeyError: by a key we do not have, or it was altered.
        """
        ring = self._fresh()
        if master_id not in ring.keys:
            ring = self._fresh(again=True)
        if master_id not in ring.keys:
            raise MasterKeyError(f"there is no master key {master_id}")
        nonce, sealed = blob[:NONCE_BYTES], blob[NONCE_BYTES:]
        try:
            cipher = AESGCM(ring.keys[master_id])
            return cipher.decrypt(nonce, sealed, master_id.encode())
        except (InvalidTag, ValueError):
            raise MasterKeyError(
                f"what master key {master_id} wrapped was altered"
            ) from None

    def _fresh(self, *, again: bool = False) -> Ring:
        if self._path is None:
            return self._ring
        with self._lock:
            if again or self._state() != self._seen:
                self._ring = self._read()
            return self._ring

    def _read(self) -> Ring:
        assert self._path is not None
        # Before reading: what is written meanwhile is then read once more, not missed.
        seen = self._state()
        try:
            ring = Ring.parse(self._path.read_text())
        except OSError:
            raise MasterKeyError(f"{self._path} cannot be read") from None
        self._seen = seen
        return ring

    def _state(self) -> object:
        """What changes when the file does; None if it is not there."""
        assert self._path is not None
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size


def write_ring(path: Path, text: str) -> None:
    """Put a ring in a file that only its owner reads, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
