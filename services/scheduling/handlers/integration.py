"""Integrations that fell due, until they took place."""

from sqlalchemy import select

from services.scheduling.domain import (
    AHEAD,
    PRESENT,
    Appointment,
    IntegrationNeed,
    IntegrationStatus,
)
from services.scheduling.models import appointments
from shared.events.sessions import (
    IntegrationCompleted,
    IntegrationFellDue,
)
from shared.unit_of_work import UnitOfWork


def need_integration(event: IntegrationFellDue, uow: UnitOfWork) -> None:
    """An integration wants an appointment."""
    if uow.find(IntegrationNeed, event.integration_id) is None:
        uow.add(
            IntegrationNeed(
                id=event.integration_id,
                clinic_id=uow.clinic_id,
                patient_id=event.patient_id,
                session_id=event.session_id,
                due_at=event.due_at,
                late_at=event.late_at,
            )
        )


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
