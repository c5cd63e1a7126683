"""Integration after a session."""

from uuid import UUID

from services.sessions.domain.integration import Integration, IntegrationStatus
from services.sessions.domain.session import Session
from services.sessions.handlers.loading import held
from services.sessions.models import packs
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork

MISSED = "integration_missed"


def need_integration(session: Session, uow: UnitOfWork) -> Integration:
    """The patient should talk about the experience soon after the dose."""
    window = packs.of(uow).integration
    dosed_at = session.last_dose_at or uow.now
    integration = Integration(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        session_id=session.id,
        patient_id=session.patient_id,
        episode_id=session.episode_id,
        due_at=dosed_at + window.due_after,
        late_at=dosed_at + window.late_after,
    )
    uow.publish(integration.fall_due(), of=integration)
    uow.remind(MISSED, about=integration.id, at=integration.late_at)
    return uow.add(integration)


def complete_integration(
    integration_id: UUID, note: str | None, uow: UnitOfWork
) -> Integration:
    """It took place, perhaps late.

    Raises:
        AlreadyCompletedError: it had before.
    """
    integration = held(Integration, integration_id, uow)
    event = integration.complete(at=uow.now, by=uow.actor_id, note=note)
    uow.publish(event, of=integration)
    uow.forget(MISSED, about=integration.id)
    return integration


def note_missed(integration_id: UUID, uow: UnitOfWork) -> None:
    """The time for it is over: say so, unless it took place."""
    integration = held(Integration, integration_id, uow)
    if integration.status is IntegrationStatus.DUE:
        uow.publish(integration.miss(), of=integration)
