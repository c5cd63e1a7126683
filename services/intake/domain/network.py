"""One person at several clinics of the network: noticed, and handed on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import ConflictError
from shared.events.intake import MatchAnswered, PatientMatched, PatientTransferred


class MatchAnsweredError(ConflictError):
    """The patient was asked already."""

    code = "match_answered"


class TransferUnderWayError(ConflictError):
    """The other clinic does not have the patient yet; try again in a moment."""

    code = "transfer_under_way"


class SharingNotConsentedError(ConflictError):
    """The patient has not consented to sharing the record, or not any more."""

    code = "sharing_not_consented"


@dataclass(kw_only=True, eq=False)
class Match(Aggregate):
    """A patient who may be known to another clinic, which has such a row of its own.

    No more is told than that: which clinic it is (`other_clinic_id`) only after the
    patient has said so, and who it is there (`other_id`) never.
    """

    patient_id: UUID
    other_id: UUID
    other_clinic_id: UUID
    found_at: datetime
    is_same: bool | None = None
    answered_by: UUID | None = None
    answered_at: datetime | None = None

    def find(self) -> PatientMatched:
        """The patient is to be asked."""
        return PatientMatched(patient_id=self.patient_id, match_id=self.id)

    def answer(self, *, is_same: bool, by: UUID, at: datetime) -> MatchAnswered:
        """What the patient said.

        Raises:
            MatchAnsweredError: the patient was asked before.
        """
        if self.answered_at is not None:
            raise MatchAnsweredError
        self.is_same, self.answered_by, self.answered_at = is_same, by, at
        return MatchAnswered(
            patient_id=self.patient_id, match_id=self.id, is_same=is_same
        )

    @property
    def told_clinic_id(self) -> UUID | None:
        """At which other clinic the patient is, once the patient has said so."""
        return self.other_clinic_id if self.is_same else None


@dataclass(kw_only=True, eq=False)
class Transfer(Aggregate):
    """A patient goes on at another clinic; `received_at` says when that one had it."""

    patient_id: UUID
    episode_id: UUID
    to_clinic_id: UUID
    consent_id: UUID
    sent_by: UUID
    sent_at: datetime
    received_at: datetime | None = None

    def send(self) -> PatientTransferred:
        """The other clinic is sent what may be shared."""
        return PatientTransferred(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            transfer_id=self.id,
            to_clinic_id=self.to_clinic_id,
            consent_id=self.consent_id,
        )
