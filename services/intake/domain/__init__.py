"""Intake's records and their rules, a module for each subject."""

from services.intake.domain.access import (
    EMERGENCY_LASTS,
    LINK_LASTS,
    EmergencyAccess,
    LinkEndedError,
    PatientLink,
    digest_of,
)
from services.intake.domain.clearance import Clearance
from services.intake.domain.consent import (
    AlreadyWithdrawnError,
    Consent,
)
from services.intake.domain.consent_document import (
    ConsentDocument,
    DocumentExistsError,
    DocumentNotInForceError,
)
from services.intake.domain.decision import (
    AbsoluteContraindicationError,
    Assessment,
    Decision,
    DecisionKind,
    OverrideReasonRequiredError,
    SafetyFlagOpenError,
    ScreeningIncompleteError,
)
from services.intake.domain.episode import (
    REVIEW_WITHIN,
    SAFETY_SCREEN,
    Episode,
    NoShow,
    Screen,
)
from services.intake.domain.people import (
    AlreadyErasedError,
    Channel,
    Clinic,
    Coding,
    CodingKind,
    Coverage,
    Patient,
    Person,
    Referral,
    ReferralUnderWayError,
    age_years,
)
from services.intake.domain.questionnaire import (
    EditionExistsError,
    Questionnaire,
    ReservedCodeError,
)
from services.intake.domain.safety import (
    ESCALATED_WITHIN,
    FLAG_DUE_AFTER,
    AlreadyClearedError,
    FlagLevel,
    Measure,
    MeasureContext,
    SafetyFlag,
)
from services.intake.domain.states import (
    AlreadyPausedError,
    Ending,
    EpisodeStatus,
    EpisodeUnderWayError,
    NotPausedError,
    WrongStateError,
)
from shared.consents import ConsentType

__all__ = [
    "EMERGENCY_LASTS",
    "ESCALATED_WITHIN",
    "FLAG_DUE_AFTER",
    "LINK_LASTS",
    "REVIEW_WITHIN",
    "SAFETY_SCREEN",
    "AbsoluteContraindicationError",
    "AlreadyClearedError",
    "AlreadyErasedError",
    "AlreadyPausedError",
    "AlreadyWithdrawnError",
    "Assessment",
    "Channel",
    "Clearance",
    "Clinic",
    "Coding",
    "CodingKind",
    "Consent",
    "ConsentDocument",
    "ConsentType",
    "Coverage",
    "Decision",
    "DecisionKind",
    "DocumentExistsError",
    "DocumentNotInForceError",
    "EditionExistsError",
    "EmergencyAccess",
    "Ending",
    "Episode",
    "EpisodeStatus",
    "EpisodeUnderWayError",
    "FlagLevel",
    "LinkEndedError",
    "Measure",
    "MeasureContext",
    "NoShow",
    "NotPausedError",
    "OverrideReasonRequiredError",
    "Patient",
    "PatientLink",
    "Person",
    "Questionnaire",
    "Referral",
    "ReferralUnderWayError",
    "ReservedCodeError",
    "SafetyFlag",
    "SafetyFlagOpenError",
    "Screen",
    "ScreeningIncompleteError",
    "WrongStateError",
    "age_years",
    "digest_of",
]
