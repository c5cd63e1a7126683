"""Plans messages, and suppresses them when their cause is gone."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select

from services.notifications.domain.messages import (
    NO_CHANNEL,
    REMIND_BEFORE,
    UNKNOWN_CHANNEL,
    Message,
    MessageStatus,
    Occasion,
    Patient,
    Template,
)
from services.notifications.handlers import told_at
from services.notifications.models import messages
from shared.events import Event
from shared.events.intake import (
    DECEASED,
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
    PATIENT_DECEASED,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentFirmed,
    AppointmentFulfilled,
    AppointmentNoShow,
    AppointmentReleased,
    AppointmentRescheduled,
    PatientArrived,
    StepUndone,
    WaitlistAccepted,
    WaitlistOffered,
    WaitlistOfferEnded,
)
from shared.events.sessions import IntegrationCompleted, IntegrationFellDue
from shared.ids import uuid7
from shared.privacy.columns import vault_of
from shared.unit_of_work import UnitOfWork

Ending = (
    AppointmentCancelled
    | AppointmentReleased
    | AppointmentRescheduled
    | AppointmentNoShow
    | AppointmentFulfilled
    | PatientArrived
)
ENDINGS: Mapping[type[Event], str] = {
    AppointmentCancelled: "appointment_cancelled",
    AppointmentReleased: "appointment_released",
    AppointmentRescheduled: "appointment_rescheduled",
    AppointmentNoShow: "appointment_no_show",
    AppointmentFulfilled: "appointment_fulfilled",
    PatientArrived: "patient_arrived",
}
"""Why an appointment is no longer ahead."""

CALLED_OFF = (AppointmentCancelled, AppointmentReleased)


def know_patient(event: PatientRegistered | PatientChanged, uow: UnitOfWork) -> None:
    """A patient can be told things; what was told last of the patient says how."""
    version = uow.causing.aggregate_version if uow.causing else 1
    patient = uow.find(Patient, event.patient_id)
    if patient is None:
        uow.add(
            Patient(
                id=event.patient_id,
                clinic_id=uow.clinic_id,
                version=version,
                channel=event.channel,
            )
        )
    elif version > patient.version:
        patient.version, patient.channel = version, event.channel


def plan_for_appointment(
    event: AppointmentBooked | AppointmentFirmed, uow: UnitOfWork
) -> None:
    """An appointment is booked: the patient is told now, and reminded the day before.

    A reminder whose time is past when the booking is heard of is not planned. Of a
    provisional booking the patient is told once it is firm.
    """
    occasion = _occasion(event.appointment_id, event.patient_id, event.starts_at, uow)
    if isinstance(event, AppointmentBooked) and event.provisional:
        return
    remind_at = event.starts_at - REMIND_BEFORE
    _plan(Template.APPOINTMENT_BOOKED, occasion, told_at(uow), uow)
    if remind_at > uow.now:
        _plan(Template.APPOINTMENT_REMINDER, occasion, remind_at, uow)


def end_appointment(event: Ending, uow: UnitOfWork) -> None:
    """An appointment is no longer ahead: what was planned for it is not sent.

    A patient who was still expected is told that it was called off.
    """
    occasion = uow.find(Occasion, event.appointment_id)
    if occasion is None:
        return
    was_ahead = occasion.end(ENDINGS[type(event)])
    _suppress(occasion, ENDINGS[type(event)], uow)
    has_died = getattr(event, "cause_code", None) == PATIENT_DECEASED
    if was_ahead and isinstance(event, CALLED_OFF) and not has_died:
        _plan(Template.APPOINTMENT_CANCELLED, occasion, told_at(uow), uow)


def reopen_appointment(event: StepUndone, uow: UnitOfWork) -> None:
    """A patient was thought to be here: the appointment is still ahead."""
    occasion = uow.find(Occasion, event.appointment_id)
    if occasion is not None and event.step == "arrived":
        occasion.reopen(ENDINGS[PatientArrived])


def tell_of_offer(event: WaitlistOffered, uow: UnitOfWork) -> None:
    """A time is kept for a patient who waits: the patient is told."""
    occasion = _occasion(event.appointment_id, event.patient_id, event.starts_at, uow)
    if occasion.is_ahead:
        _plan(Template.WAITLIST_OFFER, occasion, told_at(uow), uow)


def end_offer(event: WaitlistAccepted | WaitlistOfferEnded, uow: UnitOfWork) -> None:
    """A patient has answered, or the time is not kept any longer."""
    if occasion := uow.find(Occasion, event.appointment_id):
        if isinstance(event, WaitlistOfferEnded):
            occasion.end("offer_ended")
        offers = messages.c.template == Template.WAITLIST_OFFER
        _suppress(occasion, "offer_ended", uow, offers)


def plan_for_integration(event: IntegrationFellDue, uow: UnitOfWork) -> None:
    """An integration fell due: the patient is told, unless it has taken place."""
    occasion = _occasion(event.integration_id, event.patient_id, event.due_at, uow)
    if occasion.is_ahead:
        _plan(Template.INTEGRATION_DUE, occasion, told_at(uow), uow)


def end_integration(event: IntegrationCompleted, uow: UnitOfWork) -> None:
    """An integration took place, perhaps before it was told that it fell due."""
    occasion = _occasion(event.integration_id, event.patient_id, told_at(uow), uow)
    occasion.end("integration_completed")
    _suppress(occasion, "integration_completed", uow)


def remind_of_forms(event: ScreeningFellBehind, uow: UnitOfWork) -> None:
    """Forms are still missing: the patient is reminded, unless they came meanwhile."""
    occasion = _occasion(event.episode_id, event.patient_id, told_at(uow), uow)
    if occasion.is_ahead:
        _plan(Template.FORMS_DUE, occasion, told_at(uow), uow)


def ask_to_follow_up(event: FollowUpFellDue, uow: UnitOfWork) -> None:
    """Some time has passed since the course: the patient is asked how it goes."""
    occasion = _occasion(event.follow_up_id, event.patient_id, event.until, uow)
    if occasion.is_ahead:
        _plan(Template.FOLLOW_UP_DUE, occasion, told_at(uow), uow)


def ask_to_renew(event: ConsentRenewalRequested, uow: UnitOfWork) -> None:
    """A consent ends soon: the patient is asked to come by, or to sign anew."""
    occasion = _occasion(event.consent_id, event.patient_id, event.valid_until, uow)
    if occasion.is_ahead:
        _plan(Template.CONSENT_DUE, occasion, told_at(uow), uow)


def end_consent(event: ConsentWithdrawn | ConsentExpired, uow: UnitOfWork) -> None:
    """A consent is over: nobody is asked any more to renew it."""
    if occasion := uow.find(Occasion, event.consent_id):
        occasion.end("consent_over")
        _suppress(occasion, "consent_over", uow)


def end_screening(event: ScreeningCompleted, uow: UnitOfWork) -> None:
    """All forms are in, perhaps before it was told that they were missing."""
    occasion = _occasion(event.episode_id, event.patient_id, told_at(uow), uow)
    occasion.end("forms_complete")
    _suppress(occasion, "forms_complete", uow)


def end_episode(event: EpisodeClosed, uow: UnitOfWork) -> None:
    """An episode is over: nothing planned is sent, to who died nothing ever."""
    patient = uow.find(Patient, event.patient_id)
    if patient is not None and event.outcome == DECEASED:
        patient.channel = NO_CHANNEL
    _suppress_all(event.patient_id, "episode_closed", uow)


def merge_patient(event: PatientMerged, uow: UnitOfWork) -> None:
    """A record is closed: nobody is written to under it any more."""
    if patient := uow.find(Patient, event.patient_id):
        version = uow.causing.aggregate_version if uow.causing else patient.version + 1
        patient.version, patient.channel = max(version, patient.version), NO_CHANNEL
    _suppress_all(event.patient_id, "patient_merged", uow)


def erase_patient(event: PatientErased, uow: UnitOfWork) -> None:
    """A patient is forgotten: nothing more is sent, and what was kept opens no more."""
    if patient := uow.find(Patient, event.patient_id):
        version = uow.causing.aggregate_version if uow.causing else patient.version + 1
        patient.version, patient.channel = max(version, patient.version), NO_CHANNEL
    _suppress_all(event.patient_id, "patient_erased", uow)
    vault = vault_of(uow.connection)
    vault.destroy(uow.connection, uow.clinic_id, event.patient_id, at=told_at(uow))


def _suppress_all(patient_id: UUID, cause_code: str, uow: UnitOfWork) -> None:
    """Send nothing of what is planned for a patient."""
    planned = select(Message).where(
        messages.c.patient_id == patient_id,
        messages.c.status == MessageStatus.PLANNED,
    )
    for message in uow.all(planned):
        uow.publish(message.suppress(cause_code), of=message)


def _occasion(
    occasion_id: UUID, patient_id: UUID, starts_at: datetime, uow: UnitOfWork
) -> Occasion:
    """What messages are about; it is noted when it is first heard of."""
    known = uow.find(Occasion, occasion_id)
    return known or uow.add(
        Occasion(
            id=occasion_id,
            clinic_id=uow.clinic_id,
            patient_id=patient_id,
            starts_at=starts_at,
        )
    )


def _plan(template: Template, about: Occasion, at: datetime, uow: UnitOfWork) -> None:
    """Plan a message, once: the same message for the same time exists only once."""
    same = select(Message).where(
        messages.c.cause_id == about.id,
        messages.c.template == template,
        messages.c.planned_for == at,
    )
    if uow.all(same):
        return
    patient = uow.find(Patient, about.patient_id)
    message = Message(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=about.patient_id,
        cause_id=about.id,
        template=template,
        channel=patient.channel if patient else UNKNOWN_CHANNEL,
        planned_for=at,
        next_try_at=at,
        correlation_id=uow.context.correlation_id,
        causation_id=uow.context.causation_id,
    )
    uow.publish(message.plan(), of=message)
    if message.channel == NO_CHANNEL:
        uow.publish(message.suppress("no_channel"), of=message)
    uow.add(message)


def _suppress(
    about: Occasion, cause_code: str, uow: UnitOfWork, *which: ColumnElement[bool]
) -> None:
    planned = select(Message).where(
        messages.c.cause_id == about.id,
        messages.c.status == MessageStatus.PLANNED,
        *which,
    )
    for message in uow.all(planned):
        uow.publish(message.suppress(cause_code), of=message)
