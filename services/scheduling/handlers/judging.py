"""A rule pack takes effect: courses under way that do not fit it any more are told."""

from uuid import UUID

from sqlalchemy import select

from services.scheduling.domain import CoursePlan, CourseStatus
from services.scheduling.handlers.course_times import course_of
from services.scheduling.models import packs
from services.scheduling.models.course import course_plans
from shared.events.intake import RulePackSigned
from shared.unit_of_work import UnitOfWork

PACK_IN_FORCE = "rule_pack_in_force"
JUDGE = "judge_course"
RULE_PACK_CHANGED = "rule_pack_changed"


def await_pack(event: RulePackSigned, uow: UnitOfWork) -> None:
    """A rule pack was signed: courses are looked at once it takes effect."""
    packs.note(event, uow)
    uow.remind(PACK_IN_FORCE, about=event.pack_id, at=event.effective_at)


def judge_courses(pack_id: UUID, uow: UnitOfWork) -> None:  # noqa: ARG001
    """A rule pack takes effect: every course under way is looked at, each by itself."""
    under_way = select(course_plans.c.id).where(
        course_plans.c.clinic_id == uow.clinic_id,
        course_plans.c.status == CourseStatus.ACTIVE,
    )
    for plan_id in uow.connection.execute(under_way).scalars():
        uow.remind(JUDGE, about=plan_id, at=uow.now)


def judge_course(plan_id: UUID, uow: UnitOfWork) -> None:
    """Say so if what is booked of a course fitted the pack before, and this one not.

    A course that is to be replanned anyway is placed by the new pack as it is.
    """
    plan = uow.find(CoursePlan, plan_id)
    if plan is None or plan.status is not CourseStatus.ACTIVE or plan.needs_replan:
        return
    course, before = course_of(plan, uow), course_of(plan, uow, packs.before(uow))
    known, movable = set(before.strains()), course.movable
    news = (
        step.code in movable and (step, reason) not in known
        for step, reason in course.strains()
    )
    if any(news):
        uow.publish(plan.disrupt(RULE_PACK_CHANGED), of=plan)


def keep_course(plan_id: UUID, reason_code: str, uow: UnitOfWork) -> CoursePlan:
    """What is booked of a course stays, though it does not fit any more.

    Raises:
        CourseOverError, NothingToReplanError: see `CoursePlan.keep`.
    """
    plan = uow.get(CoursePlan, plan_id)
    event = plan.keep(reason_code, by=uow.actor_id, at=uow.now)
    uow.publish(event, of=plan)
    return plan
