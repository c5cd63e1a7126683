"""When somebody is busy elsewhere, by a calendar that is not ours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import ConflictError

READ_EVERY = timedelta(minutes=15)
HORIZON = timedelta(days=180)
"""How far ahead busy times are kept. Source: project default."""


class BusyElsewhereError(ConflictError):
    """Somebody who is needed is busy elsewhere at that time."""

    code = "busy_elsewhere"


@dataclass(kw_only=True, eq=False)
class BusyFeed(Aggregate):
    """The calendar of a resource outside; with a `url` it is fetched now and then.

    `problem` is the code of why it could not be read last time, if it could not; what
    was read before that still counts.
    """

    resource_id: UUID
    url: str | None
    next_at: datetime | None
    read_at: datetime | None = None
    problem: str | None = None

    def note_read(self, *, at: datetime) -> None:
        """It was read; what it said counts from now on."""
        self.version += 1
        self.read_at, self.problem = at, None

    def note_problem(self, code: str) -> None:
        """It could not be read."""
        if self.problem != code:
            self.version += 1
        self.problem = code
