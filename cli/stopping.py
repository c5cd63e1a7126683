"""How a process is told to stop, and waits for that."""

import os
import signal
from types import FrameType


class Stopping:
    """Waits for the first SIGTERM or SIGINT; the second ends the process at once.

    Each signal is written into a pipe as it arrives. A handler in Python runs later,
    and not at all if the signal comes just before the main thread begins to wait; nor
    may it take a lock that the main thread holds. Made in the main thread.

    Source: Python manual, `signal.set_wakeup_fd`.
    """

    def __init__(self) -> None:
        self._arrived, arriving = os.pipe()
        os.set_blocking(arriving, False)
        signal.set_wakeup_fd(arriving, warn_on_full_buffer=False)
        self._is_told = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._tell)

    def wait(self) -> None:
        """Wait until the process is told to stop; returns at once if it was already."""
        os.read(self._arrived, 1)

    def _tell(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_told:
            os._exit(1)
        self._is_told = True
