"""How somebody proves to stand by: with a code that only they can have made.

They make it with their own sign-in and type it where the other one works. It is good
once, for one clinic and a short while.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.sessions.domain.errors import WitnessIsActorError
from services.sessions.domain.ledger.errors import WitnessCodeInvalidError
from shared.aggregate import Aggregate

VALID_FOR = timedelta(minutes=5)
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No letter is taken for another, or for a digit."""
LENGTH = 8


@dataclass(kw_only=True, eq=False)
class WitnessCode(Aggregate):
    """A code as it is kept: who made it, and what it hashes to."""

    witness_id: UUID
    digest: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None

    def use(self, *, by: UUID, at: datetime) -> UUID:
        """Who stood by; the code is good no more.

        Raises:
            WitnessCodeInvalidError: it was used, or is too old.
            WitnessIsActorError: nobody is their own witness.
        """
        if self.used_at is not None or at >= self.expires_at:
            raise WitnessCodeInvalidError(field="witness_code")
        if self.witness_id == by:
            raise WitnessIsActorError(field="witness_code")
        self.version += 1
        self.used_at = at
        return self.witness_id


def new_code() -> str:
    """A code nobody can guess in the time it is good for."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def as_typed(code: str) -> str:
    """A code as it was made, however it was typed."""
    return code.replace("-", "").replace(" ", "").upper()
