"""The checks before a dose, and what they lead to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.sessions.domain.vitals import gravest
from shared.rulepack import Decision, Measure, Rating


class HoldReason(StrEnum):
    """Why a dose waits, coarsely; the gravest is told first."""

    VITAL_SIGNS = "vital_signs"
    PREGNANCY = "pregnancy"
    ESCORT = "escort"
    MEDICATION = "medication"
    FASTING = "fasting"


NEVER_OVERRIDDEN = frozenset({HoldReason.PREGNANCY, HoldReason.ESCORT})
PRESSURE = frozenset({Measure.SYSTOLIC, Measure.DIASTOLIC})


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the monitor asked."""

    fasting: bool
    pregnancy_excluded: bool
    medication_changed: bool
    sedative_taken: bool


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the checks found."""

    outcome: Decision
    reasons: tuple[HoldReason, ...]
    rule_codes: tuple[str, ...]
    pressure_held: bool


def assess(
    answers: Answers,
    rating: Rating,
    values: Mapping[str, float],
    *,
    escort_confirmed: bool,
) -> Findings:
    """Go, hold or stop: by the rating before a dose, the answers and the escort."""
    decision = rating.decision or Decision.HOLD
    speaks_against = {
        HoldReason.VITAL_SIGNS: decision is not Decision.GO,
        HoldReason.PREGNANCY: not answers.pregnancy_excluded,
        HoldReason.ESCORT: not escort_confirmed,
        HoldReason.MEDICATION: answers.medication_changed or answers.sedative_taken,
        HoldReason.FASTING: not answers.fasting,
    }
    reasons = tuple(reason for reason, holds in speaks_against.items() if holds)
    return Findings(
        outcome=gravest([decision, Decision.HOLD if reasons else Decision.GO]),
        reasons=reasons,
        rule_codes=rating.rule_codes,
        pressure_held=any(
            one.measure in PRESSURE
            and one.measure in values
            and one.decision is Decision.HOLD
            for one in rating.measures
        ),
    )


@dataclass(kw_only=True, eq=False)
class Precheck:
    """One round of the checks before a dose, as it is kept."""

    id: UUID
    session_id: UUID
    clinic_id: UUID
    checked_at: datetime
    checked_by: UUID
    fasting: bool
    pregnancy_excluded: bool
    medication_changed: bool
    sedative_taken: bool
    escort_confirmed: bool
    outcome: Decision
    reasons: list[str]
    rule_codes: list[str]
    pressure_held: bool
