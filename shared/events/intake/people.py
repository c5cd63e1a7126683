"""What intake tells of people and of its own affairs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event, Sensitivity, Zone


@dataclass(frozen=True, kw_only=True)
class ReferralReceived(Event, name="intake.referral.received", aggregate="referral"):
    """Somebody outside asks for a patient to be seen."""

    referral_id: UUID
    patient_id: UUID
    source_type: Code


@dataclass(frozen=True, kw_only=True)
class PatientRegistered(Event, name="intake.patient.registered", aggregate="patient"):
    """A patient is known to a clinic, and an episode of care is open."""

    patient_id: UUID
    episode_id: UUID
    time_zone: Zone
    channel: Code


@dataclass(frozen=True, kw_only=True)
class PatientChanged(Event, name="intake.patient.changed", aggregate="patient"):
    """How a patient is reached has changed; what it says counts now."""

    patient_id: UUID
    time_zone: Zone
    channel: Code


@dataclass(frozen=True, kw_only=True)
class PatientCorrected(Event, name="intake.patient.corrected", aggregate="patient"):
    """What was written down of who a patient is was wrong, and is put right."""

    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class PatientMerged(Event, name="intake.patient.merged", aggregate="patient"):
    """A patient was registered twice: this record is closed, `into_id` goes on."""

    patient_id: UUID
    into_id: UUID


@dataclass(frozen=True, kw_only=True)
class PatientMatched(Event, name="intake.match.found", aggregate="match"):
    """A patient seems to be known elsewhere in the network; nobody is told where."""

    patient_id: UUID
    match_id: UUID


@dataclass(frozen=True, kw_only=True)
class MatchAnswered(Event, name="intake.match.answered", aggregate="match"):
    """The patient was asked whether another clinic of the network knows them."""

    patient_id: UUID
    match_id: UUID
    is_same: bool


@dataclass(frozen=True, kw_only=True)
class PatientTransferred(
    Event, name="intake.patient.transferred", aggregate="transfer"
):
    """A patient goes on at another clinic, which is sent what may be shared."""

    patient_id: UUID
    episode_id: UUID
    transfer_id: UUID
    to_clinic_id: UUID
    consent_id: UUID


@dataclass(frozen=True, kw_only=True)
class PatientErased(Event, name="intake.patient.erased", aggregate="patient"):
    """Nobody can tell any more who a patient was; the records stay, without a name."""

    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class CoverageConfirmed(Event, name="intake.coverage.confirmed", aggregate="coverage"):
    """Somebody will pay for an episode: for so many sessions, until a time."""

    patient_id: UUID
    episode_id: UUID
    coverage_id: UUID
    payer: Code
    units_left: int | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CoverageLapsed(Event, name="intake.coverage.lapsed", aggregate="coverage"):
    """What paid for an episode pays no more; no dose is kept away by that."""

    patient_id: UUID
    episode_id: UUID
    coverage_id: UUID
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class MedicationListChanged(
    Event,
    name="intake.medication_list.changed",
    aggregate="list_entry",
    sensitivity=Sensitivity.CLINICAL,
):
    """An entry of a patient's list of medication and allergies is new or changed."""

    patient_id: UUID
    episode_id: UUID
    entry_id: UUID


@dataclass(frozen=True, kw_only=True)
class RulePackSigned(Event, name="intake.rule_pack.signed", aggregate="rule_pack"):
    """The medical lead signed a rule pack; the clinic works by it from a time on."""

    pack_id: UUID
    rule_pack: Code
    digest: Code
    effective_at: datetime


@dataclass(frozen=True, kw_only=True)
class GlassBroken(
    Event,
    name="intake.access.break_glass_used",
    aggregate="emergency_grant",
    sensitivity=Sensitivity.CLINICAL,
):
    """Somebody opened a patient's record in an emergency, until `until`."""

    patient_id: UUID
    grant_id: UUID
    person_id: UUID
    until: datetime


@dataclass(frozen=True, kw_only=True)
class IntakeAuditAnchored(Event, name="intake.audit.anchored", aggregate="audit_chain"):
    """How far intake's audit trail of a clinic goes, and its last seal."""

    position: int
    seal: Code
