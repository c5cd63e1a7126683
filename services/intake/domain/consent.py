"""What a patient consents to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.aggregate import Aggregate
from shared.consents import ConsentType
from shared.errors import ConflictError
from shared.events.intake import ConsentExpired, ConsentSigned, ConsentWithdrawn


class AlreadyWithdrawnError(ConflictError):
    """This consent is withdrawn already."""

    code = "already_withdrawn"


class EndCause(StrEnum):
    """Why a consent ends that nobody took back."""

    EXPIRED = "expired"
    DOCUMENT_RETIRED = "document_retired"


@dataclass(kw_only=True, eq=False)
class Consent(Aggregate):
    """A patient's consent to what a version of a document says, before a witness."""

    patient_id: UUID
    episode_id: UUID
    type: ConsentType
    document_version: str
    witness_id: UUID
    recorded_by: UUID
    signed_at: datetime
    valid_until: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: UUID | None = None
    ended_at: datetime | None = None
    end_cause: EndCause | None = None

    def holds(self, at: datetime) -> bool:
        """Whether a dose can rest on it at a moment."""
        is_over = self.withdrawn_at is not None or self.ended_at is not None
        return not is_over and at < self.valid_until

    def sign(self) -> ConsentSigned:
        """The patient consents."""
        return ConsentSigned(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            consent_id=self.id,
            consent_type=self.type.value,
            document_version=self.document_version,
            valid_until=self.valid_until,
        )

    def withdraw(self, *, by: UUID, at: datetime) -> ConsentWithdrawn:
        """The patient takes it back; `by` is who notes it.

        Raises:
            AlreadyWithdrawnError: it was taken back before.
        """
        if self.withdrawn_at is not None:
            raise AlreadyWithdrawnError
        self.withdrawn_at, self.withdrawn_by = at, by
        return ConsentWithdrawn(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            consent_id=self.id,
            consent_type=self.type.value,
        )

    def end(self, cause: EndCause, *, at: datetime) -> tuple[ConsentExpired, ...]:
        """It ends by itself; nothing is told of one that was over before."""
        if self.withdrawn_at is not None or self.ended_at is not None:
            return ()
        self.ended_at, self.end_cause = at, cause
        return (
            ConsentExpired(
                patient_id=self.patient_id,
                episode_id=self.episode_id,
                consent_id=self.id,
                consent_type=self.type.value,
                cause_code=cause.value,
            ),
        )
