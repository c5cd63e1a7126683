"""Courses of treatment, and calendars."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event, Sensitivity


@dataclass(frozen=True, kw_only=True)
class CoursePlanned(
    Event,
    name="scheduling.course.planned",
    aggregate="course_plan",
    sensitivity=Sensitivity.CLINICAL,
):
    """A patient's course was planned by a protocol, with what could be booked."""

    plan_id: UUID
    patient_id: UUID
    episode_id: UUID
    protocol: Code
    protocol_version: Code
    steps: int
    booked: int


@dataclass(frozen=True, kw_only=True)
class CourseChanged(Event, name="scheduling.course.changed", aggregate="course_plan"):
    """A step of a course took place or was left out."""

    plan_id: UUID
    patient_id: UUID
    step_id: UUID
    change: Code
    open: int
    booked: int
    done: int


@dataclass(frozen=True, kw_only=True)
class CourseStepFellDue(
    Event, name="scheduling.course.step_fell_due", aggregate="course_plan"
):
    """A checkpoint or questionnaires of a course are due."""

    plan_id: UUID
    patient_id: UUID
    step_id: UUID
    kind: Code
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class CourseDisrupted(
    Event, name="scheduling.course.disrupted", aggregate="course_plan"
):
    """What is booked of a course does not fit any more; the rest is to be replanned."""

    plan_id: UUID
    patient_id: UUID
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class CourseKept(Event, name="scheduling.course.kept", aggregate="course_plan"):
    """What is booked of a course stays though it does not fit: somebody decided so."""

    plan_id: UUID
    patient_id: UUID
    reason_code: Code


@dataclass(frozen=True, kw_only=True)
class CourseReplanned(
    Event, name="scheduling.course.replanned", aggregate="course_plan"
):
    """What remains of a course was placed anew."""

    plan_id: UUID
    patient_id: UUID
    open: int
    booked: int
    needs_replan: bool


@dataclass(frozen=True, kw_only=True)
class CourseCompleted(
    Event,
    name="scheduling.course.completed",
    aggregate="course_plan",
    sensitivity=Sensitivity.CLINICAL,
):
    """The last appointment of a course took place."""

    plan_id: UUID
    patient_id: UUID
    protocol: Code
    done: int


@dataclass(frozen=True, kw_only=True)
class CourseStopped(Event, name="scheduling.course.stopped", aggregate="course_plan"):
    """A course ended before its last step."""

    plan_id: UUID
    patient_id: UUID
    reason_code: Code
