"""Integrations that fell due, until they took place."""

from datetime import timedelta

from sqlalchemy import select

from services.scheduling.domain import (
    AHEAD,
    PRESENT,
    Appointment,
    AppointmentType,
    IntegrationNeed,
    IntegrationStatus,
)
from services.scheduling.handlers.following import follow
from services.scheduling.models import appointments
from services.scheduling.models.course import course_steps
from shared.events.sessions import (
    IntegrationCompleted,
    IntegrationFellDue,
)
from shared.unit_of_work import UnitOfWork

EARLIER_BY = timedelta(hours=12)
"""A dose is not given to the minute it was planned for, and what follows it counts from
when it was. Source: project default."""


def need_integration(event: IntegrationFellDue, uow: UnitOfWork) -> None:
    """An integration wants an appointment."""
    if uow.find(IntegrationNeed, event.integration_id) is None:
        need = IntegrationNeed(
            id=event.integration_id,
            clinic_id=uow.clinic_id,
            patient_id=event.patient_id,
            session_id=event.session_id,
            due_at=event.due_at,
            late_at=event.late_at,
        )
        uow.add(need)
        _take_planned(need, uow)


def _take_planned(need: IntegrationNeed, uow: UnitOfWork) -> None:
    """What a course has booked for the time of an integration is for it."""
    planned = uow.all(
        select(Appointment)
        .join(course_steps, course_steps.c.appointment_id == appointments.c.id)
        .where(
            appointments.c.patient_id == need.patient_id,
            appointments.c.type == AppointmentType.INTEGRATION,
            appointments.c.integration_id.is_(None),
            appointments.c.status.in_(AHEAD),
            appointments.c.starts_at >= need.due_at - EARLIER_BY,
            appointments.c.starts_at <= need.late_at + EARLIER_BY,
        )
        .order_by(appointments.c.starts_at)
        .limit(1)
    )
    for appointment in planned:
        need.book(need.patient_id, appointment.type)
        appointment.integration_id = need.id


def close_integration(event: IntegrationCompleted, uow: UnitOfWork) -> None:
    """An integration took place: nothing is to be booked, its appointment is done."""
    if need := uow.find(IntegrationNeed, event.integration_id):
        need.status = IntegrationStatus.COMPLETED
    for appointment in uow.all(
        select(Appointment).where(
            # The patient's are found by an index; there is none of integrations.
            appointments.c.patient_id == event.patient_id,
            appointments.c.integration_id == event.integration_id,
            appointments.c.status.in_(AHEAD | PRESENT),
        )
    ):
        uow.publish(appointment.fulfil(at=uow.now), of=appointment)
        follow(appointment, uow)
