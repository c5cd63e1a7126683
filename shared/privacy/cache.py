"""What a process remembers of keys: a bounded number, each for a short time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from shared.privacy.keys import Key

K = TypeVar("K", bound=Hashable)


class KeyCache(Generic[K]):
    """Keys by a name; the one used longest ago is the first to go.

    Args:
        most: how many are remembered.
        seconds: for how long, from when they were read, used or not.
    """

    def __init__(
        self,
        *,
        most: int,
        seconds: float,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._ticks = ticks
        self._kept: OrderedDict[K, tuple[float, Key]] = OrderedDict()
        self._barred: dict[K, float] = {}
        self._lock = threading.Lock()

    def get(self, name: K) -> Key | None:
        """A key, unless it is not known or was read too long ago."""
        with self._lock:
            found = self._kept.get(name)
            if found is None:
                return None
            until, key = found
            if until <= self._ticks():
                del self._kept[name]
                return None
            self._kept.move_to_end(name)
            return key

    def put(self, name: K, key: Key) -> None:
        """Remember a key."""
        with self._lock:
            now = self._ticks()
            if self._barred.get(name, 0.0) > now:
                return
            self._kept[name] = now + self._seconds, key
            self._kept.move_to_end(name)
            while len(self._kept) > self._most or self._first_is_over(now):
                self._kept.popitem(last=False)

    def _first_is_over(self, now: float) -> bool:
        """Whether what was used longest ago was read too long ago, too."""
        return next(iter(self._kept.values()))[0] <= now

    def drop(self, name: K) -> None:
        """Forget a key."""
        with self._lock:
            self._kept.pop(name, None)

    def bar(self, name: K) -> None:
        """Forget a key, and do not remember it again for a while.

        It is being destroyed: whoever reads it before that is committed keeps nothing.
        """
        with self._lock:
            now = self._ticks()
            self._kept.pop(name, None)
            self._barred = {
                each: until for each, until in self._barred.items() if until > now
            }
            self._barred[name] = now + self._seconds

    def clear(self) -> None:
        """Forget every key."""
        with self._lock:
            self._kept.clear()
