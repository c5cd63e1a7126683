"""The steps of a course, each with its days after another, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.errors import ConflictError
from shared.protocols import BOOKED_KINDS, StepKind


class CourseActiveError(ConflictError):
    """The patient has a course that is under way."""

    code = "course_active"


class CourseOverError(ConflictError):
    """The course is completed or was stopped."""

    code = "course_over"


class NothingToReplanError(ConflictError):
    """Nothing of the course is to be placed anew."""

    code = "nothing_to_replan"


class StepStateError(ConflictError):
    """The step's present state does not allow this."""

    code = "step_state"


class CourseStatus(StrEnum):
    """How far a course has come."""

    ACTIVE = "active"
    COMPLETED = "completed"
    STOPPED = "stopped"


class StepState(StrEnum):
    """How far a step has come."""

    OPEN = "open"
    BOOKED = "booked"
    DONE = "done"
    SKIPPED = "skipped"


class Decision(StrEnum):
    """What a clinician decides at a checkpoint."""

    CONTINUE = "continue"
    ADJUST = "adjust"
    STOP = "stop"


SETTLED = frozenset({StepState.DONE, StepState.SKIPPED})


@dataclass(kw_only=True, eq=False)
class CourseStep:
    """One step of a course; its days are the protocol's of when it was planned."""

    id: UUID
    clinic_id: UUID
    plan_id: UUID
    place: int
    code: str
    kind: StepKind
    after: str | None
    earliest_days: int | None
    latest_days: int | None
    state: StepState = StepState.OPEN
    appointment_id: UUID | None = None
    decision: Decision | None = None
    noted_at: datetime | None = None

    @property
    def is_appointment(self) -> bool:
        """Whether it is one; other steps are noted when they are done."""
        return self.kind in BOOKED_KINDS


def anchor_of(step: CourseStep, steps: Mapping[str, CourseStep]) -> CourseStep | None:
    """The step that a step's days count from; None is the first day of the course.

    One that is left out hands on to the one it would have followed itself.
    """
    after = steps[step.after] if step.after else None
    while after is not None and after.state is StepState.SKIPPED:
        after = steps[after.after] if after.after else None
    return after
