"""What others tell: clinics, patients, appointments and readiness facts."""

from uuid import UUID

from sqlalchemy import insert, select

from services.sessions.domain.copies import (
    Appointment,
    AppointmentStatus,
    Clinic,
    Patient,
)
from services.sessions.models import facts, treatment_consents
from shared.aggregate import Aggregate
from shared.consents import ConsentType
from shared.events import Event
from shared.events.intake import ConsentSigned, PatientRegistered
from shared.events.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentNoShow,
    AppointmentReleased,
    AppointmentRescheduled,
    ClinicOnboarded,
    PatientArrived,
    StepUndone,
)
from shared.unit_of_work import UnitOfWork

_BECOMES: dict[type[Event], AppointmentStatus] = {
    PatientArrived: AppointmentStatus.ARRIVED,
    AppointmentCancelled: AppointmentStatus.CANCELLED,
    AppointmentReleased: AppointmentStatus.RELEASED,
    AppointmentRescheduled: AppointmentStatus.CANCELLED,
    AppointmentNoShow: AppointmentStatus.NO_SHOW,
}


def know_clinic(event: ClinicOnboarded, uow: UnitOfWork) -> None:
    """A clinic says how soon its alerts are taken on, and by which clock it lives."""
    clinic = uow.find(Clinic, uow.clinic_id)
    if clinic is None:
        clinic = uow.add(
            Clinic(
                id=uow.clinic_id,
                clinic_id=uow.clinic_id,
                alert_response_seconds=event.alert_response_seconds,
            )
        )
    if _is_news(clinic, uow):
        clinic.alert_response_seconds = event.alert_response_seconds
        clinic.time_zone = event.time_zone


def know_patient(event: PatientRegistered, uow: UnitOfWork) -> None:
    """A patient can be treated, in the episode that is open."""
    patient = uow.find(Patient, event.patient_id)
    if patient is None:
        patient = uow.add(
            Patient(
                id=event.patient_id,
                clinic_id=uow.clinic_id,
                episode_id=event.episode_id,
            )
        )
    if _is_news(patient, uow):
        patient.episode_id = event.episode_id


def know_appointment(event: AppointmentBooked, uow: UnitOfWork) -> None:
    """There is an appointment to be treated at."""
    if uow.find(Appointment, event.appointment_id) is None:
        appointment = uow.add(
            Appointment(
                id=event.appointment_id,
                clinic_id=uow.clinic_id,
                patient_id=event.patient_id,
                episode_id=event.episode_id,
                type=event.appointment_type,
                starts_at=event.starts_at,
                ends_at=event.ends_at,
            )
        )
        _is_news(appointment, uow)


def follow_appointment(event: Event, uow: UnitOfWork) -> None:
    """The patient arrived, or the appointment will not take place.

    Raises:
        NotFoundError: its booking has not been heard of; this is tried again later.
    """
    appointment_id: UUID = getattr(event, "appointment_id")  # noqa: B009 - all have it.
    appointment = uow.get(Appointment, appointment_id)
    if _is_news(appointment, uow):
        appointment.status = _BECOMES[type(event)]


def undo_arrival(event: StepUndone, uow: UnitOfWork) -> None:
    """The patient is not here after all; that of a room does not matter to a dose."""
    appointment = uow.get(Appointment, event.appointment_id)
    if _is_news(appointment, uow) and event.step == AppointmentStatus.ARRIVED:
        appointment.status = AppointmentStatus.BOOKED


def note_fact(event: Event, uow: UnitOfWork) -> None:
    """A readiness fact changed; whether a dose may be given is asked when it is."""
    facts.note(event, uow)


def note_consent(event: ConsentSigned, uow: UnitOfWork) -> None:
    """A patient consented: to treatment, as the document says that was signed."""
    facts.note(event, uow)
    if event.consent_type != ConsentType.TREATMENT:
        return
    table = treatment_consents
    known = select(table.c.id).where(table.c.id == event.consent_id)
    if uow.connection.execute(known).first() is None:
        uow.connection.execute(
            insert(table).values(
                id=event.consent_id,
                clinic_id=uow.clinic_id,
                document_version=event.document_version,
            )
        )


def _is_news(copy: Aggregate, uow: UnitOfWork) -> bool:
    """Whether an event is newer than the copy, whose version is then the event's."""
    told = uow.causing.aggregate_version if uow.causing else copy.version + 1
    if told <= copy.version:
        return False
    copy.version = told
    return True
