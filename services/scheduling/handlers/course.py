"""Courses: planned, placed anew, noted, left out, stopped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from services.scheduling.commands import BookAppointment, PlanCourse, StepTime
from services.scheduling.domain import (
    AHEAD,
    Appointment,
    AppointmentType,
    Course,
    CourseActiveError,
    CoursePlan,
    CourseStatus,
    CourseStep,
    Decision,
    IntegrationNeed,
    IntegrationStatus,
    NotReadyError,
    Patient,
    Reason,
    Span,
    StepState,
)
from services.scheduling.handlers.appointment import (
    book_appointment,
    cancel,
    may_be_provisional,
)
from services.scheduling.handlers.course_times import course_of
from services.scheduling.handlers.following import active_plan
from services.scheduling.handlers.readiness import hold
from services.scheduling.models import integration_needs, packs
from shared.errors import ConflictError, InvalidError
from shared.ids import uuid7
from shared.protocols import StepKind, protocol_of, route_of
from shared.unit_of_work import UnitOfWork

STOPPED = "course_stopped"
"""Why what was booked of a course that ends early is called off."""


@dataclass(frozen=True, kw_only=True)
class LeftOpen:
    """A step that was not booked, and the code of why."""

    step: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Booked:
    """A plan, and the steps that were asked for and not booked."""

    plan: CoursePlan
    left_open: list[LeftOpen] = field(default_factory=list)


def plan_course(command: PlanCourse, uow: UnitOfWork) -> Booked:
    """Plan a course, and book times for its steps in one transaction.

    A dose the patient is not ready for is provisional; where no time is left to get
    what it lacks it stays open, and so does what follows from it.

    Raises:
        CourseActiveError: the patient has a course under way.
        ConflictError: a time cannot be had, and the rest is not wanted without it;
            `step` names it.
    """
    patient = uow.get(Patient, command.patient_id)
    hold(patient.id, uow)
    if active_plan(patient.id, uow):
        raise CourseActiveError
    protocol = protocol_of(command.protocol)
    plan = CoursePlan(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient.id,
        episode_id=patient.episode_id,
        protocol=command.protocol,
        protocol_version=protocol.version,
        first_day=command.first_day,
        route=route_of(protocol, command.route),
        wishes=command.wishes.document,
    )
    plan.lay_out(protocol, command.skip)
    uow.add(plan)
    left_open = _book(plan, command.steps, uow, is_partial=command.is_partial)
    uow.publish(plan.plan(), of=plan)
    return Booked(plan=plan, left_open=left_open)


def _book(
    plan: CoursePlan, wanted: Sequence[StepTime], uow: UnitOfWork, *, is_partial: bool
) -> list[LeftOpen]:
    """Book steps in the order of the protocol; those that stay open, and why."""
    course, left_open = course_of(plan, uow), []
    for step, at in in_order(plan, wanted):
        code = book_step(step, at, course, plan, uow, is_let_go=is_partial)
        if code is None:
            continue
        left_open.append(LeftOpen(step=step.code, code=code))
        if code not in (NotReadyError.code, Reason.WAITS_FOR_ANOTHER):
            break
    return left_open


def book_step(
    step: CourseStep,
    at: StepTime,
    course: Course,
    plan: CoursePlan,
    uow: UnitOfWork,
    *,
    is_let_go: bool = False,
) -> str | None:
    """Book one step that is open; the code of why it stays open, if it does.

    Raises:
        ConflictError: it cannot be had, and is not let go.
    """
    if course.window_of(step) is None:
        return Reason.WAITS_FOR_ANOTHER
    command = BookAppointment(
        patient_id=plan.patient_id,
        type=AppointmentType(step.kind.value),
        starts_at=at.starts_at,
        integration_id=need_of(step, course, plan, uow),
        route=plan.route if step.kind is StepKind.DOSING else None,
        provisional=may_be_provisional(at.starts_at, uow),
        **at.named,
    )
    lasts = packs.of(uow).appointments.lasts(command.type.value, command.route)
    span = Span(starts_at=at.starts_at, ends_at=at.starts_at + lasts)
    try:
        with uow.attempt():
            course.demand_fits(step, span)
            plan.take(step, book_appointment(command, uow))
    except ConflictError as error:
        course.spans.pop(step.code, None)
        if not (is_let_go or isinstance(error, NotReadyError)):
            error.details["step"] = step.code
            raise
        step.state, step.appointment_id = StepState.OPEN, None
        return error.code
    return None


def in_order(
    plan: CoursePlan, wanted: Sequence[StepTime]
) -> list[tuple[CourseStep, StepTime]]:
    """The steps that are asked for, as the protocol has them.

    Raises:
        InvalidError: one is asked for twice, or is no appointment of the course.
    """
    by_code = {at.step: at for at in wanted}
    if len(by_code) < len(wanted):
        raise InvalidError("names a step twice", field="steps")
    steps = [step for step in plan.steps if step.code in by_code]
    if len(steps) < len(by_code) or not all(step.is_appointment for step in steps):
        raise InvalidError("names a step that is no appointment", field="steps")
    return [(step, by_code[step.code]) for step in steps]


def need_of(
    step: CourseStep, course: Course, plan: CoursePlan, uow: UnitOfWork
) -> UUID | None:
    """The integration that fell due after a step's dose and wants an appointment."""
    window = course.window_of(step)
    if step.kind is not StepKind.INTEGRATION or window is None:
        return None
    found = uow.all(
        select(IntegrationNeed)
        .where(
            integration_needs.c.patient_id == plan.patient_id,
            integration_needs.c.status == IntegrationStatus.OPEN,
            integration_needs.c.late_at >= window.starts_at,
            integration_needs.c.due_at <= window.ends_at,
        )
        .order_by(integration_needs.c.due_at)
        .limit(1)
    )
    return found[0].id if found else None


def skip_step(plan_id: UUID, code: str, uow: UnitOfWork) -> CoursePlan:
    """Leave a step out that is open."""
    plan = uow.get(CoursePlan, plan_id)
    for event in plan.skip(code):
        uow.publish(event, of=plan)
    return plan


def note_step(
    plan_id: UUID, code: str, decision: Decision | None, uow: UnitOfWork
) -> CoursePlan:
    """Note a checkpoint with its decision, or that questionnaires were answered."""
    plan = uow.get(CoursePlan, plan_id)
    for event in plan.note(code, decision, at=uow.now):
        uow.publish(event, of=plan)
    if decision is Decision.STOP and plan.status is CourseStatus.ACTIVE:
        stop(plan, "checkpoint", uow)
    return plan


def stop_course(plan_id: UUID, reason_code: str, uow: UnitOfWork) -> CoursePlan:
    """End a course before its last step; what is booked of it is called off."""
    plan = uow.get(CoursePlan, plan_id)
    stop(plan, reason_code, uow)
    return plan


def stop(plan: CoursePlan, reason_code: str, uow: UnitOfWork) -> None:
    """End a course; its appointments ahead are the clinic's to call off."""
    uow.publish(plan.stop(reason_code), of=plan)
    for step in plan.steps:
        if step.state is StepState.BOOKED and step.appointment_id:
            appointment = uow.get(Appointment, step.appointment_id)
            if appointment.status in AHEAD:
                cancel(appointment, "clinic", STOPPED, uow)
