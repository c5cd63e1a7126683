"""Devices at the bedside that send vital signs by themselves."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.sessions.domain.errors import AlreadyEndedError
from shared.aggregate import Aggregate


@dataclass(kw_only=True, eq=False)
class BedsideDevice(Aggregate):
    """A device that may send vital signs of one session while it goes on.

    Of the code it proves itself by, only the hash is kept.
    """

    session_id: UUID
    patient_id: UUID
    name: str
    code_hash: str
    added_at: datetime
    added_by: UUID
    revoked_at: datetime | None = None

    def revoke(self, *, at: datetime) -> None:
        """It sends nothing more.

        Raises:
            AlreadyEndedError: it was revoked before.
        """
        if self.revoked_at is not None:
            raise AlreadyEndedError
        self.revoked_at = at


def hash_of(code: str) -> str:
    """What is kept of a device's code, which is too long to be guessed."""
    return hashlib.sha256(code.encode()).hexdigest()
