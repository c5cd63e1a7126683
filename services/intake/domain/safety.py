"""Questionnaires a patient answered, and the flags that alarming answers raise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import ConflictError
from shared.events.intake import (
    MeasureRecorded,
    SafetyCleared,
    SafetyEscalated,
    SafetyFlagged,
)
from shared.rulepack import CrisisResource

ESCALATED_WITHIN = timedelta(minutes=60)
"""How soon the next role sees to a flag that nobody saw to. Source: project default."""


class AlreadyClearedError(ConflictError):
    """A clinician has seen to this flag already."""

    code = "already_cleared"


class MeasureContext(StrEnum):
    """When a questionnaire was answered."""

    INTAKE = "intake"
    PRE_DOSE = "pre_dose"
    FOLLOW_UP = "follow_up"


class FlagLevel(StrEnum):
    """What raised a flag."""

    ITEM9 = "item9"
    """Thoughts of death or self-harm in PHQ-9."""
    HIGH = "high"
    """High risk in the C-SSRS screener."""
    DETERIORATED = "deteriorated"
    """A total risen by as much as means something; looked at before the next dose."""


FLAG_DUE_AFTER: Mapping[FlagLevel, timedelta] = {
    FlagLevel.ITEM9: timedelta(minutes=60),
    FlagLevel.HIGH: timedelta(minutes=60),
    FlagLevel.DETERIORATED: timedelta(hours=48),
}
"""How soon a clinician sees to a flag. Source: project default."""


@dataclass(kw_only=True, eq=False)
class Measure(Aggregate):
    """A questionnaire with its answers and what they come to.

    `follow_up` is the questionnaire that an alarming answer asks for at once;
    `findings` and `trends` are what the total says by itself and beside earlier ones.

    `safety_flag_id` is the flag the answers fall under, raised by them or before.
    `crisis_resources` are where to find help at once; they are told, not kept.
    """

    patient_id: UUID
    episode_id: UUID
    instrument: str
    instrument_version: str
    context: MeasureContext
    answers: dict[str, int]
    total: int | None
    band: str | None
    level: str | None
    findings: list[str]
    trends: list[str]
    alert: bool
    recorded_by: UUID
    recorded_at: datetime
    follow_up: str | None = None
    safety_flag_id: UUID | None = None
    crisis_resources: tuple[CrisisResource, ...] = ()

    def record(self) -> MeasureRecorded:
        """The questionnaire is answered."""
        return MeasureRecorded(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            response_id=self.id,
            instrument=self.instrument,
            context=self.context.value,
            alert=self.alert,
        )


@dataclass(kw_only=True, eq=False)
class SafetyFlag(Aggregate):
    """A clinician is needed before `due_at`; no dose until the flag is cleared."""

    patient_id: UUID
    episode_id: UUID
    measure_id: UUID
    level: FlagLevel
    raised_at: datetime
    due_at: datetime
    cleared_at: datetime | None = None
    cleared_by: UUID | None = None
    note: str | None = None
    escalated_at: datetime | None = None

    def flag(self) -> SafetyFlagged:
        """An answer asks for a clinician."""
        return SafetyFlagged(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            flag_id=self.id,
            level=self.level.value,
            due_at=self.due_at,
        )

    def escalate(self, *, at: datetime) -> SafetyEscalated:
        """Nobody saw to it in time: the next role is asked."""
        self.escalated_at = at
        return SafetyEscalated(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            flag_id=self.id,
            due_at=at + ESCALATED_WITHIN,
        )

    def clear(self, *, by: UUID, note: str, at: datetime) -> SafetyCleared:
        """A clinician has seen to it, and says how.

        Raises:
            AlreadyClearedError: one has already.
        """
        if self.cleared_at is not None:
            raise AlreadyClearedError
        self.cleared_at, self.cleared_by, self.note = at, by, note
        return SafetyCleared(
            patient_id=self.patient_id, episode_id=self.episode_id, flag_id=self.id
        )
