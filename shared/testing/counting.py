"""A place for counts that can go away, as a server does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from limits.storage import MemoryStorage


class AwayError(ConnectionError):
    """The place for counts does not answer."""


class FlakyStorage(MemoryStorage):
    """Counts in memory, under `flaky://`, unless it is away.

    Tests name it by its URL in `KAP_RATE_STORAGE`, as a deployment names its server.
    """

    STORAGE_SCHEME = ["flaky"]
    is_away: ClassVar[bool] = False
    asked: ClassVar[int] = 0

    @property
    def base_exceptions(self) -> type[Exception]:
        """What failures of this storage are."""
        return AwayError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count.

        Raises:
            AwayError: it is away.
        """
        FlakyStorage.asked += 1
        if self.is_away:
            raise AwayError
        return super().incr(key, expiry, amount)

    @classmethod
    @contextmanager
    def away(cls) -> Iterator[None]:
        """Away inside the `with` block."""
        cls.is_away = True
        try:
            yield
        finally:
            cls.is_away = False
