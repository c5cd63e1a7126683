"""What may be asked of intake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.intake.domain import (
    Channel,
    ConsentType,
    ContactChanges,
    DecisionKind,
    Ending,
    EntrySource,
    FileKind,
    IdentityChanges,
    MeasureContext,
    MediaType,
    Payer,
    Person,
)
from shared.paper import Paper
from shared.rulepack import EntryKind


@dataclass(frozen=True, kw_only=True)
class RegisterPatient:
    """Somebody becomes a patient; without a channel, mail if there is an address."""

    person: Person
    channel: Channel | None = None


@dataclass(frozen=True, kw_only=True)
class FindPatients:
    """Who has this name and birth date, this address, or this telephone."""

    family_name: str | None = None
    birth_date: date | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeContact:
    """A patient is to be reached in another way."""

    patient_id: UUID
    changes: ContactChanges


@dataclass(frozen=True, kw_only=True)
class CorrectIdentity:
    """What was written down of who a patient is was wrong."""

    patient_id: UUID
    changes: IdentityChanges


@dataclass(frozen=True, kw_only=True)
class TransferPatient:
    """A patient goes on at another clinic."""

    episode_id: UUID
    to_clinic_id: UUID


@dataclass(frozen=True, kw_only=True)
class ErasePatient:
    """Who a patient was is to be forgotten, and why."""

    patient_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """The number another system knows the patient by, and which system that is."""

    system: str
    value: str


@dataclass(frozen=True, kw_only=True)
class ReferredCode:
    """A condition or medication a referral names."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, kw_only=True)
class ReferredCoverage:
    """Who may pay, and the number the patient has there."""

    payer: str
    member_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReceiveReferral:
    """Somebody outside asks for a patient to be seen."""

    source_type: str
    identifier: Identifier
    patient: Person
    conditions: Sequence[ReferredCode] = ()
    medications: Sequence[ReferredCode] = ()
    coverages: Sequence[ReferredCoverage] = ()
    letter_reference: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordMeasure:
    """A questionnaire was answered."""

    episode_id: UUID
    instrument: str
    context: MeasureContext
    answers: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class AnswerOwnForm:
    """A patient answers a questionnaire, or a part of it."""

    patient_id: UUID
    instrument: str
    answers: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class RecordScreen:
    """The safety screen was answered, by fact."""

    episode_id: UUID
    answers: Mapping[str, bool | float]


@dataclass(frozen=True, kw_only=True)
class DecideEpisode:
    """A prescriber signs whether the patient may be treated."""

    episode_id: UUID
    decision: DecisionKind
    reason_codes: Sequence[str] = ()
    missing: Sequence[str] = ()
    override_reason: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PauseEpisode:
    """No dose for a while, and why."""

    episode_id: UUID
    reason_code: str


@dataclass(frozen=True, kw_only=True)
class BeginMaintenance:
    """Single doses follow the course, until a prescriber looks again."""

    episode_id: UUID
    review_due_at: datetime


@dataclass(frozen=True, kw_only=True)
class EndEpisode:
    """How an episode ended, and why."""

    episode_id: UUID
    outcome: Ending
    reason_code: str


@dataclass(frozen=True, kw_only=True)
class SignConsent:
    """A patient consents: what to, yes to which sentences, and the name typed below.

    A witness who sees it types a name too; one who was not there witnesses later.
    """

    episode_id: UUID
    consent_type: ConsentType
    document_version: str
    items: Sequence[str]
    signed_name: str
    witness_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class WitnessConsent:
    """A member of staff vouches that a patient signed."""

    consent_id: UUID
    witness_name: str


@dataclass(frozen=True, kw_only=True)
class SendLetter:
    """Whoever sent a referral sends the letter to it."""

    referral_id: UUID
    name: str
    media_type: MediaType
    content: bytes


@dataclass(frozen=True, kw_only=True)
class AddFile:
    """A file about a patient is to be kept."""

    patient_id: UUID
    kind: FileKind
    name: str
    media_type: MediaType
    content: bytes


@dataclass(frozen=True, kw_only=True)
class GrantClearance:
    """A prescriber finds the patient fit, and what that rests on.

    `file_ids` name the patient's files it rests on: an ECG, a report.
    """

    episode_id: UUID
    note: str | None = None
    findings: Mapping[str, Any] = field(default_factory=dict)
    file_ids: Sequence[UUID] = ()


@dataclass(frozen=True, kw_only=True)
class ClearFlag:
    """A clinician has seen to a safety flag."""

    flag_id: UUID
    note: str


@dataclass(frozen=True, kw_only=True)
class SignRulePack:
    """A rule pack becomes the clinic's from a time on."""

    pack_id: UUID
    effective_at: datetime


@dataclass(frozen=True, kw_only=True)
class AddListEntry:
    """Somebody tells of a medicine or an allergy."""

    episode_id: UUID
    kind: EntryKind
    name: str
    source: EntrySource
    rxnorm: str | None = None
    detail: str | None = None
    since: date | None = None


@dataclass(frozen=True, kw_only=True)
class ConfirmCoverage:
    """Somebody will pay for an episode."""

    episode_id: UUID
    payer: Payer
    insurer: str | None = None
    member_number: str | None = None
    authorisation_number: str | None = None
    units_granted: int | None = None
    valid_until: datetime | None = None
    agreement_signed: bool = False


@dataclass(frozen=True, kw_only=True)
class ReceiveTransfer:
    """What another clinic sends along with a patient who goes on here.

    `files` are named, of a kind and a media type, and hold what is in them.
    """

    transfer_id: UUID
    person: Person
    medications: Sequence[ReferredCode]
    summary: Paper
    files: Sequence[AddFile]
