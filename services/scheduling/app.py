"""The scheduling service, put together."""

from services.scheduling import handlers
from services.scheduling.api import routes
from services.scheduling.domain import DoubleBookedError
from services.scheduling.models import NO_OVERLAP, facts, metadata
from shared.events.intake import ConsentWithdrawn, PatientRegistered
from shared.events.scheduling import EscortConfirmed, EscortWithdrawn
from shared.events.sessions import (
    IntegrationCompleted,
    IntegrationFellDue,
    PatientDischarged,
    PreparationCompleted,
    RecordAborted,
    RecordOpened,
)
from shared.service import Service

service = Service(
    name="scheduling",
    metadata=metadata,
    blueprint=routes,
    handlers={
        **{
            event: handlers.note_fact
            for event in facts.handlers()
            if event not in (EscortConfirmed, EscortWithdrawn)
        },
        PatientRegistered: handlers.know_patient,
        ConsentWithdrawn: handlers.release_doses,
        RecordOpened: handlers.note_begun,
        PatientDischarged: handlers.fulfil,
        PreparationCompleted: handlers.fulfil,
        RecordAborted: handlers.end_early,
        IntegrationFellDue: handlers.need_integration,
        IntegrationCompleted: handlers.close_integration,
    },
    reminders={handlers.RELEASE: handlers.release_if_not_ready},
    conflicts={NO_OVERLAP: DoubleBookedError},
)
