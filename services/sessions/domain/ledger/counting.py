"""A count of what is in the cabinet, held against what the ledger says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.errors import CountIncompleteError
from services.sessions.domain.ledger.states import Moment
from shared.aggregate import Aggregate
from shared.errors import InvalidError
from shared.events.sessions import CountRecorded


@dataclass(kw_only=True, eq=False)
class StockCount(Aggregate):
    """One round of counting; its lines are the entries that bear its id."""

    registration_id: UUID
    moment: Moment
    counted_at: datetime
    counted_by: UUID
    containers: int = 0
    variances: int = 0

    def note(self, variance_ug: int) -> None:
        """One container was counted."""
        self.containers += 1
        self.variances += variance_ug != 0

    def record(self) -> CountRecorded:
        """All are counted."""
        return CountRecorded(
            count_id=self.id,
            registration_id=self.registration_id,
            moment=self.moment.value,
            containers=self.containers,
            variances=self.variances,
        )


def demand_complete(
    moment: Moment, counted: Iterable[UUID], on_hand: Iterable[Container]
) -> None:
    """Refuse a count that names a container twice, or leaves one out.

    Raises:
        CountIncompleteError: containers are missing, and it is no spot count.
    """
    named = list(counted)
    if len(set(named)) < len(named):
        raise InvalidError("a container is counted twice", field="lines")
    left_out = [one for one in on_hand if one.id not in set(named)]
    if left_out and moment is not Moment.SPOT:
        ids = [str(one.id) for one in left_out]
        raise CountIncompleteError(field="lines", details={"missing": ids})
