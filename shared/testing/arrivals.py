"""What has arrived at a receiver that runs beside a test."""

import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Arrivals(Generic[T]):
    """A list that one thread fills while another waits for it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: list[T] = []

    def add(self, items: Iterable[T]) -> None:
        """Note what arrived, and wake who waits for it."""
        with self._changed:
            self._items += items
            self._changed.notify_all()

    def so_far(self) -> list[T]:
        """A copy of everything, in order of arrival."""
        with self._changed:
            return list(self._items)

    def wait_for(self, count: int, *, within: timedelta) -> list[T]:
        """Everything, once there is at least `count` of it.

        Raises:
            TimeoutError: less came in time.
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: len(self._items) >= count, timeout=within.total_seconds()
            ):
                came = len(self._items)
                raise TimeoutError(f"{came} of {count} came within {within}")
            return list(self._items)
