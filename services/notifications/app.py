"""The notifications service, put together."""

from collections.abc import Mapping

from services.notifications.api import routes
from services.notifications.domain.task_rules import RULES
from services.notifications.domain.webhooks import followable
from services.notifications.handlers import messages, tasks, webhooks
from services.notifications.models import metadata
from services.notifications.pumps.messages import deliver_messages
from services.notifications.pumps.webhooks import deliver_webhooks, retry_webhooks
from shared.events import Event
from shared.events.intake import (
    ConsentExpired,
    ConsentRenewalRequested,
    ConsentWithdrawn,
    EpisodeClosed,
    FollowUpFellDue,
    PatientChanged,
    PatientErased,
    PatientMerged,
    PatientRegistered,
    ScreeningCompleted,
    ScreeningFellBehind,
)
from shared.events.scheduling import (
    AppointmentBooked,
    AppointmentFirmed,
    StepUndone,
    WaitlistAccepted,
    WaitlistOffered,
    WaitlistOfferEnded,
)
from shared.events.sessions import IntegrationCompleted, IntegrationFellDue
from shared.service import Handler, Service
from shared.unit_of_work import UnitOfWork


def then(*handlers: Handler) -> Handler:
    """One handler that calls several, in this order."""

    def handle(event: Event, uow: UnitOfWork) -> None:
        for handler in handlers:
            handler(event, uow)

    return handle


def erase_patient(event: PatientErased, uow: UnitOfWork) -> None:
    """Nobody is written to, nobody has to act, and what was kept opens no more."""
    messages.erase_patient(event, uow)
    tasks.drop(event.patient_id, uow)


def merge_patient(event: PatientMerged, uow: UnitOfWork) -> None:
    """A record is closed: nobody is written to and nobody has to act under it."""
    messages.merge_patient(event, uow)
    tasks.drop(event.patient_id, uow)


FOR_PATIENTS: Mapping[type[Event], Handler] = {
    PatientRegistered: messages.know_patient,
    PatientChanged: messages.know_patient,
    PatientErased: erase_patient,
    PatientMerged: merge_patient,
    ScreeningFellBehind: messages.remind_of_forms,
    ScreeningCompleted: messages.end_screening,
    FollowUpFellDue: messages.ask_to_follow_up,
    ConsentRenewalRequested: messages.ask_to_renew,
    ConsentWithdrawn: messages.end_consent,
    ConsentExpired: messages.end_consent,
    EpisodeClosed: messages.end_episode,
    AppointmentBooked: messages.plan_for_appointment,
    AppointmentFirmed: messages.plan_for_appointment,
    StepUndone: messages.reopen_appointment,
    WaitlistOffered: messages.tell_of_offer,
    WaitlistAccepted: messages.end_offer,
    WaitlistOfferEnded: messages.end_offer,
    **dict.fromkeys(messages.ENDINGS, messages.end_appointment),
    IntegrationFellDue: messages.plan_for_integration,
    IntegrationCompleted: messages.end_integration,
}


def _about(event: type[Event]) -> Handler:
    """All that is done about an event: for patients, for staff, for integrators."""
    todo: list[Handler] = []
    if event in FOR_PATIENTS:
        todo.append(FOR_PATIENTS[event])
    if event in RULES:
        todo.append(tasks.note)
    return then(*todo, webhooks.fan_out)


service = Service(
    name="notifications",
    metadata=metadata,
    blueprint=routes,
    handlers={event: _about(event) for event in followable()},
    ordered=frozenset({"appointment", "waitlist_entry"}),
    pumps={
        "messages": deliver_messages,
        "webhooks": deliver_webhooks,
        "webhook-retries": retry_webhooks,
    },
)
