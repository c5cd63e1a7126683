"""Ways to a patient's record beside the roles: an emergency, and a private link."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import ConflictError, NotFoundError
from shared.events.intake import GlassBroken

EMERGENCY_LASTS = timedelta(hours=1)
LINK_LASTS = timedelta(days=14)
"""How long a private link opens. Source: project default."""


class LinkEndedError(ConflictError):
    """This link does not open anything any more."""

    code = "link_ended"


@dataclass(kw_only=True, eq=False)
class EmergencyAccess(Aggregate):
    """A patient's record was opened to somebody whose roles do not open it."""

    patient_id: UUID
    person_id: UUID
    reason: str
    opened_at: datetime
    until: datetime

    def open(self) -> GlassBroken:
        """The record is open, for a while; the clinic's administrator is told."""
        return GlassBroken(
            patient_id=self.patient_id,
            grant_id=self.id,
            person_id=self.person_id,
            until=self.until,
        )


@dataclass(kw_only=True, eq=False)
class CodedLink(Aggregate):
    """What a private code opens, until it ends or expires.

    Only a digest of the code is kept: whoever reads the table cannot use it.
    """

    digest: str
    made_by: UUID
    expires_at: datetime
    ended_at: datetime | None = None

    def demand_good(self, code: str, *, at: datetime) -> None:
        """Refuse a wrong code, and a link that has ended; nobody learns which.

        Raises:
            NotFoundError: it does not open.
        """
        is_right = hmac.compare_digest(self.digest, digest_of(code))
        if not is_right or self.ended_at is not None or at >= self.expires_at:
            raise NotFoundError("this link does not open")

    def end(self, *, at: datetime) -> None:
        """It opens nothing any more.

        Raises:
            LinkEndedError: it has ended before.
        """
        if self.ended_at is not None:
            raise LinkEndedError
        self.version += 1
        self.ended_at = at


@dataclass(kw_only=True, eq=False)
class PatientLink(CodedLink):
    """A private link by which a patient reaches the own record."""

    patient_id: UUID


@dataclass(kw_only=True, eq=False)
class Invitation(CodedLink):
    """A private link by which somebody becomes a patient, once.

    `patient_id` is who it made a patient; it names nobody before.
    """

    patient_id: UUID | None = None

    def use(self, patient_id: UUID, *, at: datetime) -> None:
        """Somebody registered by it; it opens nothing any more.

        Raises:
            LinkEndedError: it has ended before.
        """
        self.end(at=at)
        self.patient_id = patient_id


def digest_of(code: str) -> str:
    """What is kept of a code. It is long and random, so no salt is needed."""
    return hashlib.sha256(code.encode()).hexdigest()
