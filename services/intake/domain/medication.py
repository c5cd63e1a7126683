"""What a patient takes, and what a patient does not bear."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.intake.domain.states import WrongStateError
from shared.aggregate import Aggregate
from shared.errors import ConflictError
from shared.events.intake import MedicationListChanged
from shared.rulepack import EntryKind


class EntriesProposedError(ConflictError):
    """Entries of the list wait for a clinician's word; see to them first."""

    code = "entries_proposed"


class EntryStatus(StrEnum):
    """What a clinician says of an entry."""

    PROPOSED = "proposed"
    """It came with a referral; nobody has looked at it with the patient."""
    ACTIVE = "active"
    STOPPED = "stopped"
    REFUTED = "refuted"


_NEXT: Mapping[EntryStatus, set[EntryStatus]] = {
    EntryStatus.PROPOSED: {EntryStatus.ACTIVE, EntryStatus.REFUTED},
    EntryStatus.ACTIVE: {EntryStatus.STOPPED, EntryStatus.REFUTED},
    EntryStatus.STOPPED: set(),
    EntryStatus.REFUTED: set(),
}


class EntrySource(StrEnum):
    """Who told it."""

    PATIENT = "patient"
    CLINICIAN = "clinician"
    REFERRAL = "referral"


@dataclass(kw_only=True, eq=False)
class ListEntry(Aggregate):
    """A medicine or an allergy; `detail` is the dose, or how the patient reacts.

    It counts from `active_from` until `active_until`, so that a verdict can be asked
    for a past moment.
    """

    patient_id: UUID
    episode_id: UUID
    kind: EntryKind
    name: str
    rxnorm: str | None
    detail: str | None
    since: date | None
    source: EntrySource
    status: EntryStatus
    recorded_by: UUID
    recorded_at: datetime
    active_from: datetime | None = None
    active_until: datetime | None = None
    changed_by: UUID | None = None

    def change(self, status: EntryStatus, *, by: UUID, at: datetime) -> None:
        """A clinician says how it stands with it.

        Raises:
            WrongStateError: it was stopped or refuted; a new entry begins anew.
        """
        if status not in _NEXT[self.status]:
            raise WrongStateError(
                f"an entry that is {self.status.value} does not become {status.value}",
                details={"state": self.status.value},
            )
        if status is EntryStatus.ACTIVE:
            self.active_from = at
        elif self.status is EntryStatus.ACTIVE:
            self.active_until = at
        self.status, self.changed_by = status, by

    def tell(self) -> MedicationListChanged:
        """The list has changed; what stands on it is nobody's business outside."""
        return MedicationListChanged(
            patient_id=self.patient_id, episode_id=self.episode_id, entry_id=self.id
        )


@dataclass(kw_only=True, eq=False)
class Reconciliation:
    """A clinician went through the whole list with the patient."""

    id: UUID
    clinic_id: UUID
    episode_id: UUID
    reconciled_by: UUID
    reconciled_at: datetime
