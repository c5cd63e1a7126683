"""What can be booked: rooms, devices and staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.scheduling.domain.shift import Shift
from shared.aggregate import Aggregate
from shared.errors import ConflictError
from shared.events.scheduling import (
    ResourceAdded,
    ResourceChanged,
    ResourceRetired,
)
from shared.rulepack import ResourceKind


class RetiredError(ConflictError):
    """It is retired: nothing more is booked on it, and nothing of it changes."""

    code = "retired"


@dataclass(kw_only=True, eq=False)
class Resource(Aggregate):
    """A room, a device or a member of staff; `name` is what the day board shows.

    `person_id` is who signs in under that name, if it is said; `roster` are the shifts
    as they are kept, None is whenever the clinic is open.
    """

    kind: ResourceKind
    name: str
    person_id: UUID | None = None
    roster: list[dict[str, Any]] | None = None
    retired_at: datetime | None = None

    @property
    def shifts(self) -> list[Shift] | None:
        """When it works."""
        return None if self.roster is None else [Shift.kept(one) for one in self.roster]

    def add(self) -> ResourceAdded:
        """It can be booked from now on."""
        return ResourceAdded(resource_id=self.id, kind=self.kind.value)

    def change(self, *, name: str, person_id: UUID | None) -> ResourceChanged:
        """It is called something else, or is somebody else's."""
        event = self.changed("details")
        self.name, self.person_id = name, person_id
        return event

    def work(self, shifts: Sequence[Shift] | None) -> ResourceChanged:
        """It works at these times from now on; what is booked already stays."""
        event = self.changed("roster")
        self.roster = None if shifts is None else [one.to_keep() for one in shifts]
        return event

    def changed(self, what: str) -> ResourceChanged:
        """Something of it is different from now on.

        Raises:
            RetiredError: nothing of it changes any more.
        """
        self.demand_in_use()
        return ResourceChanged(
            resource_id=self.id, kind=self.kind.value, what_code=what
        )

    def retire(self, *, at: datetime) -> ResourceRetired:
        """Nothing more is booked on it; what is booked already stays.

        Raises:
            RetiredError: it was retired before.
        """
        self.demand_in_use()
        self.retired_at = at
        return ResourceRetired(resource_id=self.id, kind=self.kind.value)

    def demand_in_use(self, *, field: str | None = None) -> None:
        """Refuse what is retired.

        Raises:
            RetiredError: it is.
        """
        if self.retired_at is not None:
            raise RetiredError(field=field)
