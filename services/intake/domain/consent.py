"""What a patient consents to."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.aggregate import Aggregate
from shared.consents import ConsentType, Document
from shared.errors import ConflictError, InvalidError
from shared.events.intake import (
    ConsentExpired,
    ConsentRenewalRequested,
    ConsentSigned,
    ConsentSubmitted,
    ConsentWithdrawn,
)

RENEWED_BEFORE = timedelta(days=30)
"""How long before its end a patient is asked to consent anew. Source: project
default."""


class NotAgreedError(InvalidError):
    """A sentence of the document has no yes; it is signed whole or not at all."""

    code = "not_agreed"


class AlreadyWitnessedError(ConflictError):
    """Somebody has witnessed this consent already."""

    code = "already_witnessed"


class ConsentOverError(ConflictError):
    """This consent has come to its end; the patient signs anew."""

    code = "consent_over"


class AlreadyWithdrawnError(ConflictError):
    """This consent is withdrawn already."""

    code = "already_withdrawn"


class EndCause(StrEnum):
    """Why a consent ends that nobody took back."""

    EXPIRED = "expired"
    DOCUMENT_RETIRED = "document_retired"


@dataclass(kw_only=True, eq=False)
class Consent(Aggregate):
    """A patient's consent to what a version of a document says, before a witness.

    `items` are the sentences with a yes, `signed_name` and `witness_name` what both
    typed as their signatures. It counts from the moment it is witnessed; what was
    signed is then kept as the file `file_id`, whose SHA-256 is `paper_digest`. Of old
    consents neither the names nor the file are known.
    """

    patient_id: UUID
    episode_id: UUID
    type: ConsentType
    document_version: str
    recorded_by: UUID
    signed_at: datetime
    valid_until: datetime
    items: list[str] = field(default_factory=list)
    signed_name: str | None = None
    witness_id: UUID | None = None
    witness_name: str | None = None
    witnessed_at: datetime | None = None
    file_id: UUID | None = None
    paper_digest: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: UUID | None = None
    ended_at: datetime | None = None
    end_cause: EndCause | None = None

    def holds(self, at: datetime) -> bool:
        """Whether a dose can rest on it at a moment."""
        return self.witnessed_at is not None and not self.is_over(at)

    def is_over(self, at: datetime) -> bool:
        """Whether it was taken back, or has come to its end."""
        is_ended = self.withdrawn_at is not None or self.ended_at is not None
        return is_ended or at >= self.valid_until

    def demand_whole(self, document: Document) -> None:
        """Refuse a signature below a document that is not agreed to whole.

        Raises:
            NotAgreedError: a sentence has no yes; `details` names it.
            InvalidError: there is a yes to a sentence that is not there.
        """
        wanted = [item.name for item in document.items]
        if unknown := sorted(set(self.items) - set(wanted)):
            raise InvalidError(f"not in the document: {unknown[0]}", field="items")
        if missing := [name for name in wanted if name not in self.items]:
            raise NotAgreedError(field="items", details={"missing": missing})

    def submit(self) -> ConsentSubmitted:
        """The patient signed where nobody saw it; a witness is needed."""
        return ConsentSubmitted(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            consent_id=self.id,
            consent_type=self.type.value,
        )

    def witness(self, name: str, *, by: UUID, at: datetime) -> ConsentSigned:
        """A member of staff vouches that the patient signed: it counts from now on.

        Raises:
            AlreadyWitnessedError: somebody did before.
            ConsentOverError: it was taken back or has come to its end.
        """
        if self.witnessed_at is not None:
            raise AlreadyWitnessedError
        if self.is_over(at):
            raise ConsentOverError
        self.witness_id, self.witness_name, self.witnessed_at = by, name, at
        return ConsentSigned(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            consent_id=self.id,
            consent_type=self.type.value,
            document_version=self.document_version,
            valid_until=self.valid_until,
        )

    def ask_renewal(self) -> ConsentRenewalRequested:
        """It ends soon: the patient is asked to consent anew."""
        return ConsentRenewalRequested(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            consent_id=self.id,
            consent_type=self.type.value,
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
