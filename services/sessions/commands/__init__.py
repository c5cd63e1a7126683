"""What may be asked of the treatment record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.sessions.commands.ledger import DrawFrom
from services.sessions.domain.adverse_event import Authority, Conclusion, Details
from services.sessions.domain.discharge import Checklist
from services.sessions.domain.emergency import EmergencyStep
from services.sessions.domain.order import Drug
from services.sessions.domain.precheck import Answers
from services.sessions.domain.states import Identifier
from services.sessions.domain.vitals import ReversalReason
from shared.rulepack import Limit, Measure, NotePart, Route, VitalsPhase


@dataclass(frozen=True, kw_only=True)
class PlaceOrder:
    """Doses may be given to a patient; `reason` says why, if they are unusual."""

    patient_id: UUID
    drug: Drug
    route: Route
    dose_mg: Decimal
    max_doses: int
    reason: str | None = None
    lowest_mg: Decimal | None = None
    highest_mg: Decimal | None = None
    concentration_mg_per_ml: float | None = None


@dataclass(frozen=True, kw_only=True)
class SetLimits:
    """One measure has limits of its own, for a patient or for an order."""

    patient_id: UUID | None = None
    order_id: UUID | None = None
    measure: Measure
    phase: VitalsPhase
    limits: Mapping[str, Limit]
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CompletePreparation:
    """A patient was prepared at an appointment."""

    patient_id: UUID
    appointment_id: UUID
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordWeight:
    """A patient was weighed."""

    patient_id: UUID
    weight_kg: float


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """The patient of an appointment is in the room, and is who they should be."""

    appointment_id: UUID
    identifiers_checked: tuple[Identifier, ...]


@dataclass(frozen=True, kw_only=True)
class RecordVitals:
    """Vital signs were taken: now, or at a time that is said."""

    session_id: UUID
    values: Mapping[str, float]
    taken_at: datetime | None = None
    late_reason: str | None = None
    device_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ReverseVitals:
    """A reading was entered wrongly."""

    session_id: UUID
    vitals_id: UUID
    reason_code: ReversalReason
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class NoteEmergency:
    """Something was done in an emergency: now, or at a time that is said."""

    session_id: UUID
    step: EmergencyStep
    done_at: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class CompletePrecheck:
    """The questions before a dose were asked."""

    session_id: UUID
    answers: Answers


@dataclass(frozen=True, kw_only=True)
class AuthoriseDose:
    """A prescriber allows a dose; held ones only with a reason.

    `stale_reason` is why facts are as they should be that may be out of date.
    """

    session_id: UUID
    override_reason: str | None = None
    stale_reason: str | None = None
    prescriber_on_site: bool | None = None


@dataclass(frozen=True, kw_only=True)
class GiveDose:
    """A dose was drawn and given, the rest wasted before a witness.

    While the clinic's ledger is open it is drawn out of containers, and the witness
    enters a code; otherwise its lot is noted, and who saw the waste.
    """

    session_id: UUID
    given_mg: Decimal
    drawn_mg: Decimal
    wasted_mg: Decimal
    lot: str | None = None
    witness_id: UUID | None = None
    draws: tuple[DrawFrom, ...] = ()
    witness_code: str | None = None
    verifier_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class CheckDischarge:
    """Something was seen of a patient who may leave."""

    session_id: UUID
    checklist: Checklist


@dataclass(frozen=True, kw_only=True)
class DischargePatient:
    """The patient leaves; criteria that are not met need a prescriber's reason."""

    session_id: UUID
    checklist: Checklist
    overrides: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class AbortSession:
    """The session ends early; what was drawn and not given is wasted."""

    session_id: UUID
    reason_code: str
    wasted_mg: Decimal | None = None
    lot: str | None = None
    witness_id: UUID | None = None
    draws: tuple[DrawFrom, ...] = ()
    witness_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class WriteProcessNote:
    """A therapist notes something for nobody else."""

    session_id: UUID
    note: str


@dataclass(frozen=True, kw_only=True)
class SaveDraft:
    """A clinician writes a note; of what was carried forward, some is confirmed."""

    session_id: UUID
    part: NotePart
    content: Mapping[str, Any]
    reviewed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RecordAdverseEvent:
    """An adverse event happened in a session, or after it."""

    session_id: UUID
    details: Details


@dataclass(frozen=True, kw_only=True)
class DescribeAdverseEvent:
    """An adverse event is confirmed, or described anew for a reason."""

    adverse_event_id: UUID
    details: Details
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReviewAdverseEvent:
    """A prescriber says what an adverse event means for the next dose."""

    adverse_event_id: UUID
    conclusion: Conclusion
    note: str


@dataclass(frozen=True, kw_only=True)
class FileReport:
    """A report of an adverse event was filed."""

    adverse_event_id: UUID
    authority: Authority
    filed_on: date


@dataclass(frozen=True, kw_only=True)
class SetTask:
    """A therapist gives a patient something small to do."""

    integration_id: UUID
    text: str
    due_on: date
