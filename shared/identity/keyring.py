"""The public keys of one issuer, which may change while a process runs."""

import logging
import threading
import time
from collections.abc import Callable, Mapping

from shared.identity.keys import Key, KeySetError, read_key_set
from shared.identity.sources import Source, source_of

PAUSE_SECONDS = 5.0
"""The source is asked at most this often, whoever sends whatever token."""

KEPT_SECONDS = 12 * 3_600.0
"""How long keys count that their source does not confirm any more: a working day, so
that care goes on while an issuer is away, and no longer."""

log = logging.getLogger(__name__)

_NONE_YET = -1e9
"""A time before any process began."""


class KeyRing:
    """Keys by their ids, read again from their source when it is time.

    Args:
        source: where they come from, or what a setting says of it.
        clock: seconds that never go back.
    """

    def __init__(
        self, source: Source | str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source_of(source) if isinstance(source, str) else source
        self._clock = clock
        self._keys: Mapping[str, Key] = {}
        self._confirmed_at = self._tried_at = _NONE_YET
        self._has_failed = False
        self._lock = threading.Lock()

    def find(self, kid: str) -> Key | None:
        """The key of this id. One that is not known is asked for, now and then."""
        key = self.current(kid)
        if key is None:
            with self._lock:
                # Somebody may have brought it while this thread waited.
                key = self._good().get(kid)
                if key is None and self._may_ask():
                    self._ask()
                    key = self._good().get(kid)
        return key

    def current(self, kid: str) -> Key | None:
        """The key of this id among those that are known and not too old."""
        if self._clock() - self._confirmed_at > self._source.good_for_seconds:
            self._renew()
        return self._good().get(kid)

    def _renew(self) -> None:
        """Look whether the keys are still so; others go on with what is known."""
        if not self._may_ask() or not self._lock.acquire(blocking=False):
            return
        try:
            if self._has_failed or self._source.is_changed():
                self._ask()
            else:
                self._confirmed_at = self._clock()
        finally:
            self._lock.release()

    def _may_ask(self) -> bool:
        return self._clock() - self._tried_at > PAUSE_SECONDS

    def _ask(self) -> None:
        self._tried_at = self._clock()
        self._has_failed = True
        try:
            self._keys = read_key_set(self._source.read())
            self._confirmed_at = self._clock()
            self._has_failed = False
        except KeySetError as error:
            log.warning("a key set cannot be read", exc_info=error)

    def _good(self) -> Mapping[str, Key]:
        if self._clock() - self._confirmed_at > KEPT_SECONDS:
            return {}
        return self._keys
