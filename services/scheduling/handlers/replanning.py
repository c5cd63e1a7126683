"""What remains of a course is placed anew, and a move is tried before it is made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.scheduling.commands import MoveAppointment, ReplanCourse, StepTime
from services.scheduling.domain import (
    Appointment,
    Course,
    CoursePlan,
    CourseStep,
    Reason,
    Span,
    StepState,
)
from services.scheduling.handlers.appointment import may_be_provisional
from services.scheduling.handlers.course import Booked, LeftOpen, book_step, in_order
from services.scheduling.handlers.course_times import course_of
from services.scheduling.handlers.following import plan_of
from services.scheduling.handlers.moving import leave, move_appointment, take_place_of
from services.scheduling.handlers.readiness import hold
from services.scheduling.models import packs
from shared.errors import ConflictError, InvalidError, KapError
from shared.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a move would do to another step of the course."""

    step: str
    starts_at: datetime
    reason: Reason


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What a move would come to: why it would be refused, or what it would strain."""

    patient_id: UUID
    conflict: KapError | None = None
    effects: list[Effect] = field(default_factory=list)


class _TakenBackError(Exception):
    """Ends an attempt that was only to be looked at."""


def replan_course(command: ReplanCourse, uow: UnitOfWork) -> Booked:
    """Give steps of a course other times, all or none of them.

    A dose the patient is not ready for is provisional. Where no time is left for that,
    one that is open stays so, with what follows from it.

    Raises:
        CourseOverError: the course is over.
        WrongStateError: a step's appointment is under way or over.
        ConflictError: a time cannot be had; `step` names it.
    """
    plan = uow.get(CoursePlan, command.plan_id)
    plan.demand_active()
    hold(plan.patient_id, uow)
    # What does not fit half-way is nobody's concern; it is looked at in the end.
    plan.needs_replan = True
    wanted = in_order(plan, command.steps)
    course = course_of(plan, uow)
    left = {}
    for step, _ in wanted:
        if step.state is StepState.BOOKED and step.appointment_id:
            left[step.code] = uow.get(Appointment, step.appointment_id)
            course.spans.pop(step.code, None)
            leave(left[step.code], uow)
    # All old times are free before a new one is held, so that steps may change places.
    uow.flush()
    still_open = [
        LeftOpen(step=step.code, code=code)
        for step, at in wanted
        if (code := _give(step, at, course, plan, left.get(step.code), uow))
    ]
    fits = not any(course.strains())
    is_whole = fits and not any(
        step.state is StepState.OPEN and step.is_appointment for step in plan.steps
    )
    uow.publish(plan.replanned(is_whole=is_whole), of=plan)
    return Booked(plan=plan, left_open=still_open)


def _give(
    step: CourseStep,
    at: StepTime,
    course: Course,
    plan: CoursePlan,
    old: Appointment | None,
    uow: UnitOfWork,
) -> str | None:
    """A time for one step; the code of why it stays open, if it does."""
    if old is None:
        plan.demand_open(step.code)
        return book_step(step, at, course, plan, uow)
    lasts = packs.of(uow).appointments.lasts(old.type.value, old.route)
    span = Span(starts_at=at.starts_at, ends_at=at.starts_at + lasts)
    command = MoveAppointment(
        appointment_id=old.id,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        **at.named,
    )
    try:
        with uow.attempt():
            course.demand_fits(step, span)
            may_wait = may_be_provisional(at.starts_at, uow)
            take_place_of(old, command, uow, provisional=may_wait)
    except ConflictError as error:
        error.details["step"] = step.code
        raise
    return None


def try_move(command: MoveAppointment, uow: UnitOfWork) -> Tried:
    """What a move would come to; nothing of it stays."""
    old = uow.get(Appointment, command.appointment_id)
    plan = plan_of(old, uow)
    before = list(_strains(plan, uow))
    after: list[Effect] = []
    try:
        with uow.attempt():
            move_appointment(command, uow)
            uow.flush()
            after = list(_strains(plan, uow))
            raise _TakenBackError
    except _TakenBackError:
        effects = [effect for effect in after if effect not in before]
        return Tried(patient_id=old.patient_id, effects=effects)
    except (ConflictError, InvalidError) as error:
        return Tried(patient_id=old.patient_id, conflict=error)


def _strains(plan: CoursePlan | None, uow: UnitOfWork) -> Iterator[Effect]:
    """Which steps of a course do not fit."""
    if plan is not None:
        course = course_of(plan, uow)
        for step, reason in course.strains():
            at = course.spans[step.code].starts_at
            yield Effect(step=step.code, starts_at=at, reason=reason)
