"""What is planned for a patient, and what is suppressed again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notifications.app import service
from services.notifications.handlers.messages import plan_for_appointment
from shared.events import Event
from shared.events.intake import EpisodeClosed, FollowUpFellDue, PatientChanged
from shared.events.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentFirmed,
    AppointmentFulfilled,
    AppointmentNoShow,
    AppointmentReleased,
    EscortConfirmed,
    PatientArrived,
    StepUndone,
    WaitlistAccepted,
    WaitlistOffered,
    WaitlistOfferEnded,
)
from shared.events.sessions import IntegrationCompleted, IntegrationFellDue
from shared.ids import uuid7
from tests.notifications.clinic_lab import Clinic

BOOKED, REMINDER, CANCELLED, DUE = (
    "appointment_booked",
    "appointment_reminder",
    "appointment_cancelled",
    "integration_due",
)


def cancelled(
    booking: AppointmentBooked, reason_code: str = "patient_asked"
) -> AppointmentCancelled:
    return AppointmentCancelled(
        appointment_id=booking.appointment_id,
        patient_id=booking.patient_id,
        by="patient",
        reason_code=reason_code,
        notice_minutes=60,
        late=True,
    )


def test_a_booking_is_told_now_and_reminded_of_the_day_before(clinic: Clinic) -> None:
    patient = clinic.register()
    booking = clinic.booking(patient, days=3)

    clinic.tell(booking)

    assert clinic.messages() == [(BOOKED, "sent", None), (REMINDER, "planned", None)]
    clinic.wait(hours=47, minutes=59)
    assert clinic.messages()[1] == (REMINDER, "planned", None)
    clinic.wait(minutes=1)
    assert clinic.messages()[1] == (REMINDER, "sent", None)
    told = clinic.lab.names("notifications")
    assert [name for name in told if ".message." in name] == [
        "notifications.message.scheduled",
        "notifications.message.scheduled",
        "notifications.message.sent",
        "notifications.message.sent",
    ]


def test_a_booking_for_the_next_hours_has_no_reminder(clinic: Clinic) -> None:
    patient = clinic.register()

    clinic.tell(clinic.booking(patient, hours=24))

    assert clinic.messages() == [(BOOKED, "sent", None)]


@pytest.mark.parametrize(
    ("channel", "planned"),
    [
        ("email", [(BOOKED, "sent", None)]),
        ("none", [(BOOKED, "suppressed", "no_channel")]),
    ],
)
def test_the_channel_a_patient_changed_to_counts_from_then_on(
    clinic: Clinic, channel: str, planned: list[tuple[str, str, str | None]]
) -> None:
    before = {"email": "none", "none": "email"}[channel]
    patient = clinic.register(channel=before)
    clinic.intake.contacts[patient]["channel"] = channel
    changed = PatientChanged(
        patient_id=patient, time_zone="America/Chicago", channel=channel
    )

    clinic.store(clinic.envelope(changed, version=2))
    clinic.lab.settle()
    clinic.tell(clinic.booking(patient, hours=24))

    assert clinic.messages() == planned


def test_an_older_word_on_the_channel_changes_nothing(clinic: Clinic) -> None:
    patient = clinic.register(channel="none")
    for version, channel in ((3, "email"), (2, "none")):
        changed = PatientChanged(
            patient_id=patient, time_zone="America/Chicago", channel=channel
        )
        clinic.store(clinic.envelope(changed, version=version))
        clinic.lab.settle()
    clinic.intake.contacts[patient]["channel"] = "email"

    clinic.tell(clinic.booking(patient, hours=24))

    assert clinic.messages() == [(BOOKED, "sent", None)]


def test_the_same_booking_heard_twice_is_told_once(clinic: Clinic) -> None:
    booking = clinic.booking(clinic.register())
    envelope = clinic.envelope(booking)
    clinic.store(envelope)
    clinic.lab.settle()

    with clinic.lab.unit_of_work("notifications", clinic.id, causing=envelope) as uow:
        plan_for_appointment(booking, uow)

    assert clinic.messages() == [(BOOKED, "sent", None), (REMINDER, "planned", None)]


def released(booking: AppointmentBooked) -> AppointmentReleased:
    return AppointmentReleased(
        appointment_id=booking.appointment_id,
        patient_id=booking.patient_id,
        cause_code="consent_withdrawn",
    )


@pytest.mark.parametrize(
    ("call_off", "cause"), [(cancelled, CANCELLED), (released, "appointment_released")]
)
def test_what_was_planned_is_suppressed_at_once_when_it_is_called_off(
    clinic: Clinic, call_off: Callable[[AppointmentBooked], Event], cause: str
) -> None:
    booking = clinic.booking(clinic.register(), days=3)
    clinic.tell(booking)

    clinic.tell(call_off(booking))

    assert clinic.messages() == [
        (BOOKED, "sent", None),
        (REMINDER, "suppressed", cause),
        (CANCELLED, "sent", None),
    ]


def test_a_no_show_suppresses_and_tells_nothing(clinic: Clinic) -> None:
    booking = clinic.booking(clinic.register())
    clinic.tell(booking)

    clinic.tell(
        AppointmentNoShow(
            appointment_id=booking.appointment_id,
            patient_id=booking.patient_id,
            episode_id=booking.episode_id,
            appointment_type="dosing",
        )
    )

    assert clinic.messages() == [
        (BOOKED, "sent", None),
        (REMINDER, "suppressed", "appointment_no_show"),
    ]


def test_a_fulfilled_appointment_needs_no_reminder(clinic: Clinic) -> None:
    booking = clinic.booking(clinic.register())
    clinic.tell(booking)

    clinic.tell(
        AppointmentFulfilled(
            appointment_id=booking.appointment_id,
            patient_id=booking.patient_id,
            episode_id=booking.episode_id,
            appointment_type="preparation",
        )
    )

    assert clinic.messages()[1] == (REMINDER, "suppressed", "appointment_fulfilled")


def test_a_patient_who_came_is_not_told_that_it_was_called_off(clinic: Clinic) -> None:
    booking = clinic.booking(clinic.register())
    clinic.tell(booking)
    clinic.tell(
        PatientArrived(
            appointment_id=booking.appointment_id,
            patient_id=booking.patient_id,
            episode_id=booking.episode_id,
            room_id=uuid7(),
            escort_present=True,
        )
    )

    clinic.tell(cancelled(booking, "session_aborted"))

    assert clinic.messages() == [
        (BOOKED, "sent", None),
        (REMINDER, "suppressed", "patient_arrived"),
    ]


def test_events_of_an_appointment_that_arrive_shuffled_are_taken_in_order(
    clinic: Clinic,
) -> None:
    booking = clinic.booking(clinic.register())
    escort = EscortConfirmed(
        appointment_id=booking.appointment_id, patient_id=booking.patient_id
    )
    first = clinic.envelope(booking, version=1)
    second = clinic.envelope(escort, version=2)
    third = clinic.envelope(cancelled(booking), version=3)

    clinic.store(third)
    clinic.lab.settle()
    before = clinic.messages()
    clinic.store(first, second)
    clinic.lab.settle()
    clinic.wait(seconds=2)

    assert before == []
    assert clinic.messages()[1:] == [
        (REMINDER, "suppressed", CANCELLED),
        (CANCELLED, "sent", None),
    ]
    assert {row["state"] for row in clinic.lab.inbox("notifications")} == {"done"}


def test_a_patient_without_a_channel_is_told_nothing_and_staff_can_see_it(
    clinic: Clinic,
) -> None:
    patient = clinic.register(channel="none", email=None)

    clinic.tell(clinic.booking(patient))

    assert clinic.messages() == [
        (BOOKED, "suppressed", "no_channel"),
        (REMINDER, "suppressed", "no_channel"),
    ]
    assert clinic.intake.asked == 0


def test_a_booking_heard_before_its_patient_is_told_all_the_same(
    clinic: Clinic,
) -> None:
    patient = uuid7()
    clinic.intake.is_down = True
    clinic.tell(clinic.booking(patient))
    clinic.intake.is_down = False

    clinic.register(patient_id=patient)
    clinic.wait(minutes=1)

    assert clinic.messages()[0] == (BOOKED, "sent", None)


def fell_due(clinic: Clinic) -> IntegrationFellDue:
    return IntegrationFellDue(
        integration_id=uuid7(),
        session_id=uuid7(),
        patient_id=clinic.register(),
        episode_id=uuid7(),
        due_at=clinic.now + timedelta(hours=24),
        late_at=clinic.now + timedelta(hours=72),
    )


def completed(due: IntegrationFellDue) -> IntegrationCompleted:
    return IntegrationCompleted(
        integration_id=due.integration_id,
        session_id=due.session_id,
        patient_id=due.patient_id,
    )


def test_an_integration_that_fell_due_is_told(clinic: Clinic) -> None:
    due = fell_due(clinic)

    clinic.tell(due)

    assert clinic.messages() == [(DUE, "sent", None)]


def test_an_integration_that_took_place_first_is_not_asked_for(clinic: Clinic) -> None:
    due = fell_due(clinic)
    clinic.tell(completed(due), version=2)

    clinic.tell(due, version=1)

    assert clinic.messages() == []


def test_an_integration_that_took_place_before_the_mail_left_is_not_asked_for(
    clinic: Clinic,
) -> None:
    due = fell_due(clinic)
    clinic.intake.is_down = True
    clinic.tell(due)

    clinic.tell(completed(due))

    assert clinic.messages() == [(DUE, "suppressed", "integration_completed")]


def test_every_event_of_an_appointment_and_of_who_waits_is_handled() -> None:
    assert service.ordered == {"appointment", "waitlist_entry"}
    assert {event.name for event in service.handlers} >= {
        "scheduling.escort.confirmed",
        "scheduling.patient.arrived",
        "scheduling.waitlist.offered",
    }


def closed(patient: UUID, outcome: str) -> EpisodeClosed:
    """The patient's episode is over."""
    return EpisodeClosed(
        patient_id=patient, episode_id=uuid7(), outcome=outcome, reason_code="agreed"
    )


def given_back(booking: AppointmentBooked, cause_code: str) -> AppointmentReleased:
    return AppointmentReleased(
        appointment_id=booking.appointment_id,
        patient_id=booking.patient_id,
        cause_code=cause_code,
    )


def test_what_was_planned_is_not_sent_once_the_episode_is_over(clinic: Clinic) -> None:
    patient = clinic.register()
    clinic.tell(clinic.booking(patient, days=3))

    clinic.tell(closed(patient, "withdrawn"))
    clinic.wait(days=3)

    assert clinic.messages() == [
        (BOOKED, "sent", None),
        (REMINDER, "suppressed", "episode_closed"),
    ]


def test_who_left_is_told_that_a_dose_was_called_off(clinic: Clinic) -> None:
    patient = clinic.register()
    booking = clinic.booking(patient, days=3)
    clinic.tell(booking)

    clinic.tell(closed(patient, "withdrawn"))
    clinic.tell(given_back(booking, "episode_closed"))

    assert clinic.messages()[-1] == (CANCELLED, "sent", None)


def test_a_follow_up_is_asked_for_once_even_after_the_episode(clinic: Clinic) -> None:
    patient = clinic.register()
    clinic.tell(closed(patient, "completed"))
    due = FollowUpFellDue(
        follow_up_id=uuid7(),
        patient_id=patient,
        episode_id=uuid7(),
        window="month_1",
        until=clinic.now + timedelta(days=39),
    )

    clinic.tell(due)
    clinic.tell(due)

    assert clinic.messages() == [("follow_up_due", "sent", None)]


@pytest.mark.parametrize("is_told_first", [True, False])
def test_nobody_writes_to_a_patient_who_died(
    clinic: Clinic, *, is_told_first: bool
) -> None:
    patient = clinic.register()
    booking = clinic.booking(patient, days=3)
    clinic.tell(booking)
    events = [closed(patient, "deceased"), given_back(booking, "patient_deceased")]

    for event in events if is_told_first else reversed(events):
        clinic.tell(event)
    clinic.wait(days=3)

    sent = [name for name, status, _ in clinic.messages() if status == "sent"]
    assert sent == [BOOKED]


def test_of_a_provisional_booking_a_patient_is_told_once_it_is_firm(
    clinic: Clinic,
) -> None:
    booking = replace(clinic.booking(clinic.register(), days=9), provisional=True)

    clinic.tell(booking)
    before = clinic.messages()
    clinic.tell(
        AppointmentFirmed(
            appointment_id=booking.appointment_id,
            patient_id=booking.patient_id,
            episode_id=booking.episode_id,
            starts_at=booking.starts_at,
        )
    )

    assert before == []
    assert clinic.messages() == [(BOOKED, "sent", None), (REMINDER, "planned", None)]


def test_a_patient_thought_to_be_here_is_still_told_that_it_is_called_off(
    clinic: Clinic,
) -> None:
    booking = clinic.booking(clinic.register())
    whose: Any = {
        "appointment_id": booking.appointment_id,
        "patient_id": booking.patient_id,
    }
    clinic.tell(booking)
    clinic.tell(
        PatientArrived(
            **whose,
            episode_id=booking.episode_id,
            room_id=uuid7(),
            escort_present=True,
        ),
        StepUndone(**whose, step="arrived", reason_code="wrong_patient"),
    )

    clinic.tell(cancelled(booking))

    assert (CANCELLED, "sent", None) in clinic.messages()


def offered(patient_id: UUID, clinic: Clinic) -> WaitlistOffered:
    """A time that is held for somebody who waits."""
    now = clinic.lab.clock()
    return WaitlistOffered(
        entry_id=uuid7(),
        patient_id=patient_id,
        appointment_id=uuid7(),
        starts_at=now + timedelta(days=3),
        expires_at=now + timedelta(hours=2),
    )


def test_who_waits_is_told_of_an_earlier_time_and_then_of_the_booking(
    clinic: Clinic,
) -> None:
    patient = clinic.register()
    offer = offered(patient, clinic)
    clinic.tell(offer)
    before = clinic.messages()

    whose: Any = {
        "entry_id": offer.entry_id,
        "patient_id": patient,
        "appointment_id": offer.appointment_id,
    }
    clinic.tell(
        replace(
            clinic.booking(patient, days=3),
            appointment_id=offer.appointment_id,
        ),
        WaitlistAccepted(**whose),
    )

    assert before == [("waitlist_offer", "sent", None)]
    assert (BOOKED, "sent", None) in clinic.messages()


def test_of_an_offer_that_has_ended_nobody_is_told(clinic: Clinic) -> None:
    patient = clinic.register()
    offer = offered(patient, clinic)

    with clinic.lab.unit_of_work("notifications", clinic.id) as uow:
        service.handlers[WaitlistOffered](offer, uow)
        ended = WaitlistOfferEnded(
            entry_id=offer.entry_id,
            patient_id=patient,
            appointment_id=offer.appointment_id,
            cause_code="declined",
        )
        service.handlers[WaitlistOfferEnded](ended, uow)
    clinic.lab.settle()

    assert clinic.messages() == [("waitlist_offer", "suppressed", "offer_ended")]
