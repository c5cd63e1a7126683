"""The steps of a course follow what becomes of their appointments."""

from uuid import UUID

from sqlalchemy import select

from services.scheduling.domain import (
    Appointment,
    AppointmentStatus,
    CoursePlan,
    CourseStatus,
    CourseStep,
    StepState,
    anchor_of,
)
from services.scheduling.handlers.course_times import course_of
from services.scheduling.models.course import course_plans, course_steps
from shared.unit_of_work import UnitOfWork

STEP_DUE = "course_step_due"
MOVED = "moved"


def follow(appointment: Appointment, uow: UnitOfWork) -> None:
    """An appointment is over: the step it was made for took place, or is open again."""
    if (found := _step_of(appointment, uow)) is None:
        return
    plan, step = found
    if appointment.status is AppointmentStatus.FULFILLED:
        for event in plan.finish(step, at=uow.now):
            uow.publish(event, of=plan)
        _remind_of_what_follows(plan, step, uow)
    elif plan.status is CourseStatus.ACTIVE:
        uow.publish(plan.lose(step, appointment.status), of=plan)
    else:
        step.state, step.appointment_id = StepState.SKIPPED, None


def follow_move(old: Appointment, new: Appointment, uow: UnitOfWork) -> None:
    """An appointment was moved: its step has the new one, and others may not fit."""
    if (found := _step_of(old, uow)) is None:
        return
    plan, step = found
    plan.take(step, new)
    uow.flush()
    is_news = plan.status is CourseStatus.ACTIVE and not plan.needs_replan
    if is_news and any(course_of(plan, uow).strains()):
        uow.publish(plan.disrupt(MOVED), of=plan)


def tell_step_is_due(step_id: UUID, uow: UnitOfWork) -> None:
    """A step that is noted, not booked, has come up: somebody is to see to it."""
    found = uow.all(
        select(CoursePlan)
        .join(course_steps, course_steps.c.plan_id == course_plans.c.id)
        .where(course_steps.c.id == step_id)
    )
    for plan in found:
        step = next(one for one in plan.steps if one.id == step_id)
        window = course_of(plan, uow).window_of(step)
        is_left = plan.status is not CourseStatus.STOPPED
        if is_left and step.state is StepState.OPEN and window:
            uow.publish(plan.fall_due(step, due_at=window.ends_at), of=plan)


def stop_course_of(patient_id: UUID, reason_code: str, uow: UnitOfWork) -> None:
    """A patient's treatment is over, and with it the course under way."""
    if plan := active_plan(patient_id, uow):
        uow.publish(plan.stop(reason_code), of=plan)


def active_plan(patient_id: UUID, uow: UnitOfWork) -> CoursePlan | None:
    """The course of a patient that is under way, if any."""
    query = select(CoursePlan).where(
        course_plans.c.patient_id == patient_id,
        course_plans.c.status == CourseStatus.ACTIVE,
    )
    return next(iter(uow.all(query)), None)


def plan_of(appointment: Appointment, uow: UnitOfWork) -> CoursePlan | None:
    """The course that an appointment was made for, if any."""
    query = (
        select(CoursePlan)
        .join(course_steps, course_steps.c.plan_id == course_plans.c.id)
        .where(course_steps.c.appointment_id == appointment.id)
    )
    return next(iter(uow.all(query)), None)


def _step_of(
    appointment: Appointment, uow: UnitOfWork
) -> tuple[CoursePlan, CourseStep] | None:
    """The course and the step that an appointment was made for, if any."""
    if (plan := plan_of(appointment, uow)) is None:
        return None
    ours = (one for one in plan.steps if one.appointment_id == appointment.id)
    return next(((plan, step) for step in ours), None)


def _remind_of_what_follows(
    plan: CoursePlan, done: CourseStep, uow: UnitOfWork
) -> None:
    """Checkpoints and questionnaires that count from a step come up after it."""
    by_code = {step.code: step for step in plan.steps}
    after = [
        step
        for step in plan.steps
        if not step.is_appointment
        and step.state is StepState.OPEN
        and anchor_of(step, by_code) is done
    ]
    if not after:
        return
    course = course_of(plan, uow)
    for step in after:
        if window := course.window_of(step):
            uow.remind(STEP_DUE, about=step.id, at=window.starts_at)
