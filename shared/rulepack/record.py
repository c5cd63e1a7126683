"""What a pack says of the record: its parts, adverse events, the REMS form."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.errors import InvalidError
from shared.events import Code
from shared.rulepack.vitals import Measure

GRADES = range(1, 6)
"""Mild, moderate, severe, life-threatening, death."""


class NotePart(StrEnum):
    """A part of a session, as it is documented."""

    PREPARATION = "preparation"
    ADMINISTRATION = "administration"
    EXPERIENCE = "experience"
    RECOVERY = "recovery"
    INTEGRATION = "integration"


class NextDose(StrEnum):
    """What an integration that is overdue means to the next dose."""

    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, kw_only=True)
class RecordRules:
    """Of which parts a note must be signed before the record can be."""

    required_parts: tuple[NotePart, ...] = ()


NOTHING_REQUIRED = RecordRules()
"""What a pack asks that says nothing of it."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """So many red readings of a measure suggest that there was an adverse event."""

    term: Code
    measures: tuple[Measure, ...]
    red_readings: int
    source: str

    def __post_init__(self) -> None:
        if not self.measures:
            raise InvalidError("is empty", field="measures")
        if self.red_readings < 1:
            raise InvalidError("is less than 1", field="red_readings")


@dataclass(frozen=True, kw_only=True)
class AdverseEventRules:
    """What an adverse event may be called, and from which grade on it is reviewed.

    Until it is, the patient gets no further dose; what is serious is always reviewed.
    """

    terms: tuple[Code, ...]
    review_from_grade: int
    suggestions: tuple[Suggestion, ...]
    source: str

    def __post_init__(self) -> None:
        if not self.terms:
            raise InvalidError("is empty", field="terms")
        if self.review_from_grade not in GRADES:
            raise InvalidError("is no grade", field="review_from_grade")
        if unknown := {one.term for one in self.suggestions} - set(self.terms):
            told = ", ".join(sorted(unknown))
            raise InvalidError(f"lacks {told}", field="terms")


@dataclass(frozen=True, kw_only=True)
class RemsRules:
    """When the monitoring form of a REMS must be submitted after a treatment."""

    due_after: timedelta
    source: str
