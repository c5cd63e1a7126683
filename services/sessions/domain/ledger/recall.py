"""A lot that is not to be given any more."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.sessions.domain.order import Drug
from shared.aggregate import Aggregate
from shared.events.sessions import LotRecalled


@dataclass(kw_only=True, eq=False)
class Recall(Aggregate):
    """That a lot was recalled; a container of it that comes later is held back too."""

    drug: Drug
    lot: str
    note: str
    recalled_at: datetime
    recalled_by: UUID

    def recall(self, *, containers: int, affected: int) -> LotRecalled:
        """Its containers are quarantined, and whom it was given to is known."""
        return LotRecalled(
            recall_id=self.id, containers=containers, affected_count=affected
        )
