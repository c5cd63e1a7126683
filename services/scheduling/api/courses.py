"""Routes of courses: looked at, planned, placed anew, noted, stopped."""

from typing import Any
from uuid import UUID

from services.scheduling.api.alternatives import other_times
from services.scheduling.api.base import routes
from services.scheduling.commands import MoveAppointment, PlanCourse, ReplanCourse
from services.scheduling.domain import CoursePlan
from services.scheduling.handlers import course, judging, replanning
from services.scheduling.queries import courses as queries
from services.scheduling.schemas import appointments as appointment_schemas
from services.scheduling.schemas import courses as schemas
from shared import access
from shared.http.routes import current_runtime
from shared.protocols import protocols
from shared.reading import Reading, Row
from shared.unit_of_work import UnitOfWork

_plan = schemas.CoursePlanView()


@routes.get("/protocols", scope=access.CLINIC_READ, gives=schemas.ProtocolsView())
def list_protocols(reading: Reading) -> dict[str, Any]:  # noqa: ARG001
    """The protocols that courses can be planned by."""
    return {"items": list(protocols().values())}


@routes.post(
    "/patients/<uuid:patient_id>/course-plans/preview",
    scope=access.BOOKINGS_WRITE,
    takes=schemas.CoursePreviewBody(),
    gives=schemas.CoursePreviewView(),
)
def preview_course(uow: UnitOfWork, body: dict[str, Any], patient_id: UUID) -> Row:
    """Times a whole course could have, and what stands in the way; nothing is held."""
    return queries.preview(_reading(uow), patient_id, now=uow.now, **body)


@routes.post(
    "/patients/<uuid:patient_id>/course-plans",
    scope=access.BOOKINGS_WRITE,
    takes=schemas.PlanCourseBody(),
    gives=schemas.BookedCourseView(),
    status=201,
)
def plan_course(uow: UnitOfWork, body: dict[str, Any], patient_id: UUID) -> Row:
    """Plan a course and book its times, all or up to the first conflict."""
    command = PlanCourse(patient_id=patient_id, **body)
    return _booked(course.plan_course(command, uow), uow)


@routes.get(
    "/patients/<uuid:patient_id>/course-plans",
    scope=access.BOOKINGS_READ,
    gives=schemas.CoursePlansView(),
)
def list_courses(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """A patient's courses, newest first."""
    now = current_runtime().clock()
    return {"items": queries.plans_of(reading, patient_id, now)}


@routes.get("/course-plans/<uuid:plan_id>", scope=access.BOOKINGS_READ, gives=_plan)
def show_course(reading: Reading, plan_id: UUID) -> Row:
    """One course with its steps."""
    return queries.plan(reading, plan_id, current_runtime().clock())


@routes.post(
    "/course-plans/<uuid:plan_id>/replan/preview",
    scope=access.BOOKINGS_WRITE,
    takes=schemas.ReplanPreviewBody(),
    gives=schemas.CoursePreviewView(),
)
def preview_replan(uow: UnitOfWork, body: dict[str, Any], plan_id: UUID) -> Row:
    """Other times for what does not fit or is open, and the times those have now."""
    return queries.replan_preview(_reading(uow), plan_id, now=uow.now, **body)


@routes.post(
    "/course-plans/<uuid:plan_id>/replan",
    scope=access.BOOKINGS_WRITE,
    takes=schemas.ReplanBody(),
    gives=schemas.BookedCourseView(),
)
def replan_course(uow: UnitOfWork, body: dict[str, Any], plan_id: UUID) -> Row:
    """Give steps these times, all or none; the other steps stay as they are."""
    command = ReplanCourse(plan_id=plan_id, **body)
    return _booked(replanning.replan_course(command, uow), uow)


@routes.post(
    "/course-plans/<uuid:plan_id>/steps/<step>/skip",
    scope=access.BOOKINGS_WRITE,
    gives=_plan,
)
def skip_step(uow: UnitOfWork, plan_id: UUID, step: str) -> Row:
    """Leave a step out that is open."""
    return _now(course.skip_step(plan_id, step, uow), uow)


@routes.post(
    "/course-plans/<uuid:plan_id>/steps/<step>/note",
    scope=access.COURSES_NOTE,
    takes=schemas.NoteStepBody(),
    gives=_plan,
)
def note_step(uow: UnitOfWork, body: dict[str, Any], plan_id: UUID, step: str) -> Row:
    """Note a checkpoint with its decision, or that questionnaires were answered."""
    return _now(course.note_step(plan_id, step, body["decision"], uow), uow)


@routes.post(
    "/course-plans/<uuid:plan_id>/keep",
    scope=access.COURSES_NOTE,
    takes=schemas.KeepCourseBody(),
    gives=_plan,
)
def keep_course(uow: UnitOfWork, body: dict[str, Any], plan_id: UUID) -> Row:
    """Let what is booked of a course stay, though it does not fit any more."""
    return _now(judging.keep_course(plan_id, body["reason_code"], uow), uow)


@routes.post(
    "/course-plans/<uuid:plan_id>/stop",
    scope=access.COURSES_NOTE,
    takes=schemas.StopCourseBody(),
    gives=_plan,
)
def stop_course(uow: UnitOfWork, body: dict[str, Any], plan_id: UUID) -> Row:
    """End a course; what is booked of it is called off."""
    return _now(course.stop_course(plan_id, body["reason_code"], uow), uow)


@routes.post(
    "/appointments/<uuid:appointment_id>/move/preview",
    scope=access.BOOKINGS_WRITE,
    takes=appointment_schemas.MoveBody(),
    gives=schemas.TriedView(),
)
def preview_move(
    uow: UnitOfWork, body: dict[str, Any], appointment_id: UUID
) -> replanning.Tried:
    """What a move would come to, and to the rest of a course; nothing is moved."""
    command = MoveAppointment(appointment_id=appointment_id, **body)
    tried = replanning.try_move(command, uow)
    if refusal := tried.conflict:
        times = other_times(refusal, _reading(uow), body, appointment_id=appointment_id)
        refusal.details.update(times)
    return tried


def _reading(uow: UnitOfWork) -> Reading:
    """The same transaction, to read in."""
    return Reading(uow.connection, uow.context)


def _now(plan: CoursePlan, uow: UnitOfWork) -> Row:
    """A course as it is after a change."""
    uow.flush()
    return queries.plan(_reading(uow), plan.id, uow.now)


def _booked(made: course.Booked, uow: UnitOfWork) -> Row:
    return {**_now(made.plan, uow), "left_open": made.left_open}
