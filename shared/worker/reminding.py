"""Moves due timers into the inbox."""

from shared.mailbox import timers
from shared.reach import MAILBOX
from shared.service import Runtime


class Reminding:
    """Fires what is due; a timer that was due while nothing ran fires at once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def step(self) -> bool:
        """Fire a batch of due timers."""
        now = self._runtime.clock()
        with self._runtime.database.read(MAILBOX) as connection:
            next_at = timers.overdue(connection)
        if next_at is None or next_at > now:
            return False
        with self._runtime.mailbox() as connection:
            fired = timers.fire_due(connection, now=now)
        if fired:
            self._runtime.post.set()
        return bool(fired)

    def close(self) -> None:
        """Nothing is held between steps."""
