"""What every record that tells events has in common."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(kw_only=True, eq=False)
class Aggregate:
    """A record of one clinic that changes as a whole.

    `version` counts the events it has told; it numbers their envelopes and refuses a
    write that was decided on an older state.
    """

    id: UUID
    clinic_id: UUID
    version: int = 0
