"""What the service keeps of what others own."""

from datetime import timedelta
from typing import Any

import pytest

from services.sessions.app import service
from services.sessions.domain.copies import (
    Appointment,
    AppointmentStatus,
    Clinic,
    Patient,
)
from shared.envelope import Envelope
from shared.errors import NotFoundError
from shared.events import Event
from shared.events.intake import PatientRegistered
from shared.events.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    ClinicOnboarded,
    PatientArrived,
    StepUndone,
)
from shared.ids import uuid7
from shared.readiness import FACT_EVENTS
from tests.sessions.clinic_day import NAME, Day


def tell(day: Day, event: Event, *, version: int, aggregate_id: Any) -> None:
    """Have the service hear of an event as the worker tells it, with its version."""
    envelope = Envelope(
        id=uuid7(),
        type=event.type,
        clinic_id=day.clinic_id,
        aggregate_type=event.aggregate,
        aggregate_id=aggregate_id,
        aggregate_version=version,
        payload="{}",
        occurred_at=day.lab.clock(),
    )
    with day.lab.unit_of_work(NAME, day.clinic_id, causing=envelope) as uow:
        service.handlers[type(event)](event, uow)


def booked(day: Day, appointment_id: Any) -> AppointmentBooked:
    now = day.lab.clock()
    return AppointmentBooked(
        appointment_id=appointment_id,
        patient_id=uuid7(),
        episode_id=uuid7(),
        appointment_type="dosing",
        starts_at=now,
        ends_at=now + timedelta(hours=2),
        resource_ids=(),
    )


def arrived(appointment_id: Any) -> PatientArrived:
    return PatientArrived(
        appointment_id=appointment_id,
        patient_id=uuid7(),
        episode_id=uuid7(),
        room_id=uuid7(),
        escort_present=True,
    )


def registered(patient_id: Any, episode_id: Any) -> PatientRegistered:
    return PatientRegistered(
        patient_id=patient_id, episode_id=episode_id, time_zone="UTC", channel="sms"
    )


def cancelled(appointment_id: Any) -> AppointmentCancelled:
    return AppointmentCancelled(
        appointment_id=appointment_id,
        patient_id=uuid7(),
        by="patient",
        reason_code="ill",
        notice_minutes=5,
        late=True,
    )


def status_of(day: Day, appointment_id: Any) -> AppointmentStatus:
    with day.lab.unit_of_work(NAME, day.clinic_id) as uow:
        return uow.get(Appointment, appointment_id).status


def test_every_fact_of_others_is_heard_and_every_own_one_noted_at_once() -> None:
    heard = set(service.handlers)

    own = {event for event in FACT_EVENTS if event.producer == NAME}
    assert heard.issuperset(set(FACT_EVENTS) - own)
    assert not heard & own


def test_an_older_event_does_not_undo_a_newer_one(day: Day) -> None:
    appointment_id = uuid7()
    tell(day, booked(day, appointment_id), version=1, aggregate_id=appointment_id)
    tell(day, cancelled(appointment_id), version=3, aggregate_id=appointment_id)

    tell(day, arrived(appointment_id), version=2, aggregate_id=appointment_id)

    assert status_of(day, appointment_id) is AppointmentStatus.CANCELLED


def test_a_booking_that_is_told_again_changes_nothing(day: Day) -> None:
    appointment_id = uuid7()
    tell(day, booked(day, appointment_id), version=1, aggregate_id=appointment_id)
    tell(day, arrived(appointment_id), version=2, aggregate_id=appointment_id)

    tell(day, booked(day, appointment_id), version=1, aggregate_id=appointment_id)

    assert status_of(day, appointment_id) is AppointmentStatus.ARRIVED


@pytest.mark.parametrize(
    ("step", "then"),
    [
        ("arrived", AppointmentStatus.BOOKED),
        ("roomed", AppointmentStatus.ARRIVED),
    ],
)
def test_an_arrival_that_was_a_slip_is_none(
    day: Day, step: str, then: AppointmentStatus
) -> None:
    appointment_id = uuid7()
    tell(day, booked(day, appointment_id), version=1, aggregate_id=appointment_id)
    tell(day, arrived(appointment_id), version=2, aggregate_id=appointment_id)

    undone = StepUndone(
        appointment_id=appointment_id,
        patient_id=uuid7(),
        step=step,
        reason_code="wrong_patient",
    )
    tell(day, undone, version=3, aggregate_id=appointment_id)

    assert status_of(day, appointment_id) is then


def test_an_arrival_before_its_booking_is_tried_again(day: Day) -> None:
    appointment_id = uuid7()

    with pytest.raises(NotFoundError):
        tell(day, arrived(appointment_id), version=2, aggregate_id=appointment_id)


def test_a_clinic_and_a_patient_may_change(day: Day) -> None:
    patient_id, episode_id = uuid7(), uuid7()
    for version, (episode, seconds) in enumerate([(uuid7(), 60), (episode_id, 30)], 2):
        tell(
            day,
            registered(patient_id, episode),
            version=version,
            aggregate_id=patient_id,
        )
        tell(
            day,
            ClinicOnboarded(time_zone="UTC", alert_response_seconds=seconds),
            version=version,
            aggregate_id=day.clinic_id,
        )

    with day.lab.unit_of_work(NAME, day.clinic_id) as uow:
        assert uow.get(Patient, patient_id).episode_id == episode_id
        assert uow.get(Clinic, day.clinic_id).alert_response_seconds == 30


def test_old_news_of_a_clinic_or_a_patient_changes_nothing(day: Day) -> None:
    patient_id, episode_id = uuid7(), uuid7()
    for version, episode, seconds in [(5, episode_id, 30), (4, uuid7(), 60)]:
        tell(
            day,
            registered(patient_id, episode),
            version=version,
            aggregate_id=patient_id,
        )
        tell(
            day,
            ClinicOnboarded(time_zone="UTC", alert_response_seconds=seconds),
            version=version,
            aggregate_id=day.clinic_id,
        )

    with day.lab.unit_of_work(NAME, day.clinic_id) as uow:
        assert uow.get(Patient, patient_id).episode_id == episode_id
        assert uow.get(Clinic, day.clinic_id).alert_response_seconds == 30


def test_an_appointment_that_was_cancelled_opens_no_record(day: Day) -> None:
    patient = day.patient()
    patient.weigh()
    patient.order()
    patient.book()
    patient.arrive()
    day.tell(cancelled(patient.appointment_id))

    problem = day.monitor.refused(
        NAME,
        "/sessions",
        appointment_id=patient.appointment_id,
        identifiers_checked=["name", "birth_date"],
    )

    assert (problem["status"], problem["code"]) == (409, "patient_not_arrived")
