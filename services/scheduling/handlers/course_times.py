"""The times that the steps of a course have, as a calendar to place others in."""

from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.scheduling.domain import (
    AHEAD,
    PRESENT,
    Appointment,
    AppointmentStatus,
    Clinic,
    Course,
    CoursePlan,
    Held,
)
from services.scheduling.models import appointments, packs
from shared.rulepack import RulePack
from shared.unit_of_work import UnitOfWork


def course_of(
    plan: CoursePlan, uow: UnitOfWork, pack: RulePack | None = None
) -> Course:
    """A plan's steps with the times they have, by the rule pack in force or another."""
    held = uow.all(
        select(Appointment).where(
            appointments.c.patient_id == plan.patient_id,
            appointments.c.status.in_(AHEAD | PRESENT | {AppointmentStatus.FULFILLED}),
        )
    )
    return Course.of(
        plan,
        [
            Held(
                id=one.id,
                type=one.type,
                status=one.status,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
            )
            for one in held
        ],
        zone=ZoneInfo(uow.get(Clinic, uow.clinic_id).time_zone),
        pack=pack or packs.of(uow),
        now=uow.now,
    )
