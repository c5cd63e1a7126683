"""Sending by mail: what patients read, what is tried again, and what is never kept."""

import re
from uuid import UUID

import pytest

from services.notifications.domain.messages import MailRefusedError
from services.notifications.handlers import sending
from services.notifications.pumps.messages import deliver_messages
from shared.access import Role
from shared.events.scheduling import AppointmentCancelled
from shared.ids import uuid7
from shared.testing.smtp import SmtpSink
from tests.notifications.clinic_lab import ADDRESS, GIVEN_NAME, Clinic

BOOKED = "appointment_booked"


def test_a_mail_names_the_patients_own_time_with_its_zone_and_no_treatment(
    mailing: Clinic, smtp_sink: SmtpSink
) -> None:
    patient = mailing.register(time_zone="America/New_York")

    mailing.tell(mailing.booking(patient, hours=6))

    (mail,) = smtp_sink.messages
    text = mail.get_content()
    assert mail["To"] == ADDRESS
    assert mail["Auto-Submitted"] == "auto-generated"
    assert f"Hello {GIVEN_NAME}," in text
    assert "Monday 2 March 2026, 16:00 EST" in text
    said = f"{mail['Subject']} {text}".lower()
    assert not re.search(r"ketamin|dosing|dose|therap|treatment|session", said)


def test_a_message_sent_has_the_id_the_provider_has_it_under(
    mailing: Clinic, smtp_sink: SmtpSink
) -> None:
    mailing.tell(mailing.booking(mailing.register(), hours=6))

    (message,) = mailing.caller(Role.THERAPIST).get("notifications", "/messages")[
        "items"
    ]
    assert (message["status"], message["tries"]) == ("sent", 1)
    assert smtp_sink.messages[0]["Message-ID"] == f"<{message['id']}@kap.example>"
    assert f"<{message['id']}@kap.example>" in mailing.everything_stored()


@pytest.mark.parametrize("kept", [False, True])
def test_neither_name_nor_address_is_stored_anywhere(
    clinic: Clinic, mailing: Clinic, smtp_sink: SmtpSink, kept: bool
) -> None:
    where = clinic if kept else mailing
    booking = where.booking(where.register(), days=2)
    where.tell(booking)
    smtp_sink.refuse_next(1)

    where.wait(days=1)
    where.wait(minutes=1)

    stored = where.everything_stored()
    assert "appointment_reminder" in stored
    for secret in (ADDRESS, ADDRESS.partition("@")[0], GIVEN_NAME):
        assert secret not in stored


def test_a_temporary_refusal_is_tried_again_later_and_later_then_given_to_staff(
    mailing: Clinic, smtp_sink: SmtpSink
) -> None:
    smtp_sink.refuse_next(100)
    mailing.tell(mailing.booking(mailing.register(), days=1))

    tries = [tries_of(mailing)]
    for minutes in (1, 5, 30, 120):
        mailing.wait(minutes=minutes, seconds=-1)
        tries.append(tries_of(mailing))
        mailing.wait(seconds=1)
        tries.append(tries_of(mailing))

    assert tries == [1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert mailing.messages() == [(BOOKED, "failed", "mail_unavailable")]
    assert smtp_sink.messages == []
    assert "notifications.message.failed" in mailing.lab.names("notifications")
    (task,) = mailing.tasks()
    assert (task["kind"], task["role"]) == ("message_failed", "front_desk")


def tries_of(clinic: Clinic) -> int:
    (message,) = clinic.caller(Role.FRONT_DESK).get("notifications", "/messages")[
        "items"
    ]
    tries: int = message["tries"]
    return tries


def test_a_server_that_recovers_gets_the_message_once(
    mailing: Clinic, smtp_sink: SmtpSink
) -> None:
    smtp_sink.refuse_next(2)
    mailing.tell(mailing.booking(mailing.register(), days=1))

    mailing.wait(minutes=1)
    mailing.wait(minutes=5)
    mailing.wait(hours=3)

    assert len(smtp_sink.messages) == 1
    assert mailing.messages() == [(BOOKED, "sent", None)]


@pytest.mark.parametrize(
    ("contact", "status", "cause"),
    [
        ({"channel": "none"}, "suppressed", "no_channel"),
        ({"channel": "pigeon"}, "failed", "channel_unsupported"),
        ({"email": None}, "failed", "no_address"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "failed", "mail_refused"),
    ],
)
def test_what_intake_knows_at_that_moment_decides(
    mailing: Clinic,
    smtp_sink: SmtpSink,
    contact: dict[str, str],
    status: str,
    cause: str,
) -> None:
    patient = mailing.register()
    mailing.intake.contacts[patient].update(contact)

    mailing.tell(mailing.booking(patient, hours=6))

    assert mailing.messages() == [(BOOKED, status, cause)]
    assert smtp_sink.messages == []


def test_a_patient_intake_does_not_know_is_left_to_staff(clinic: Clinic) -> None:
    clinic.tell(clinic.booking(uuid7(), hours=6))

    assert clinic.messages() == [(BOOKED, "failed", "no_contact")]
    assert [task["kind"] for task in clinic.tasks()] == ["message_failed"]


def test_an_intake_that_does_not_answer_costs_no_try(
    mailing: Clinic, smtp_sink: SmtpSink
) -> None:
    mailing.intake.is_down = True
    patient = mailing.register()
    mailing.tell(mailing.booking(patient, days=1))
    for _ in range(10):
        mailing.wait(minutes=1)
    assert tries_of(mailing) == 0

    mailing.intake.is_down = False
    mailing.wait(minutes=1)

    assert len(smtp_sink.messages) == 1


def test_an_intake_that_answers_something_else_costs_no_try(
    mailing: Clinic, smtp_sink: SmtpSink
) -> None:
    patient = mailing.register()
    zone = mailing.intake.contacts[patient].pop("time_zone")
    mailing.tell(mailing.booking(patient, days=1))
    assert tries_of(mailing) == 0

    mailing.intake.contacts[patient]["time_zone"] = zone
    mailing.wait(minutes=1)

    assert len(smtp_sink.messages) == 1


def test_what_came_of_a_sending_is_noted_once_and_never_against_a_suppression(
    clinic: Clinic,
) -> None:
    clinic.tell(clinic.booking(clinic.register(), hours=6))
    clinic.tell(clinic.booking(clinic.register(channel="none"), hours=6))
    suppressed, sent = (
        UUID(message["id"])
        for message in clinic.caller(Role.MONITOR).get("notifications", "/messages")[
            "items"
        ]
    )
    before = clinic.lab.names("notifications")

    with clinic.lab.unit_of_work("notifications", clinic.id) as uow:
        sending.note_sent(sent, "outbox/again", uow)
        sending.note_not_sent(suppressed, MailRefusedError(), uow)
        sending.note_unreachable(suppressed, uow)

    assert clinic.lab.names("notifications") == before
    assert [message[1] for message in clinic.messages()] == ["sent", "suppressed"]
    assert clinic.tasks() == []


def test_a_message_whose_time_is_past_is_not_sent(clinic: Clinic) -> None:
    clinic.intake.is_down = True
    clinic.tell(clinic.booking(clinic.register(), hours=2))
    clinic.lab.clock.advance(hours=2)
    clinic.intake.is_down = False

    clinic.lab.settle()

    assert clinic.messages() == [(BOOKED, "suppressed", "too_late")]


def test_an_appointment_cancelled_while_intake_was_asked_is_not_told_of(
    mailing: Clinic, smtp_sink: SmtpSink
) -> None:
    booking = mailing.booking(mailing.register(), days=1)
    envelope = mailing.envelope(booking)
    cancel = AppointmentCancelled(
        appointment_id=booking.appointment_id,
        patient_id=booking.patient_id,
        by="clinic",
        reason_code="staff_ill",
        notice_minutes=1440,
        late=True,
    )

    mailing.intake.when_asked = lambda: mailing.tell(cancel)

    mailing.store(envelope)
    mailing.lab.settle()

    assert mailing.messages() == [
        (BOOKED, "suppressed", "appointment_cancelled"),
        ("appointment_cancelled", "sent", None),
    ]
    told = mailing.lab.names("notifications")
    assert told.count("notifications.message.suppressed") == 1
    assert [mail["Subject"] for mail in smtp_sink.messages] == [
        "Your appointment will not take place"
    ]


def test_mail_that_is_kept_is_shown_to_the_desk_only(clinic: Clinic) -> None:
    patient = clinic.register()
    clinic.tell(clinic.booking(patient, hours=6))

    (mail,) = clinic.caller(Role.FRONT_DESK).get("notifications", "/outbox-mails")[
        "items"
    ]

    assert mail["patient_id"] == str(patient)
    assert mail["subject"] == "Your appointment"
    assert "Monday 2 March 2026, 15:00 CST" in mail["body"]
    assert mail["body"].startswith("Hello,\n")
    refused = clinic.caller(Role.THERAPIST).refused(
        "notifications", "/outbox-mails", "GET"
    )
    assert refused["code"] == "forbidden"


def test_lists_of_messages_are_newest_first_in_pages_and_of_one_clinic(
    clinic: Clinic,
) -> None:
    ada, bob = clinic.register(), clinic.register()
    clinic.tell(clinic.booking(ada, hours=6))
    clinic.tell(clinic.booking(bob, hours=7))
    reader = clinic.caller(Role.MONITOR)

    newest = reader.get("notifications", "/messages", limit=1)["items"]
    older = reader.get("notifications", "/messages", after=newest[0]["id"])["items"]
    of_ada = reader.get("notifications", f"/patients/{ada}/messages")["items"]

    assert [m["patient_id"] for m in newest + older] == [str(bob), str(ada)]
    assert of_ada == older
    elsewhere = clinic.lab.caller(Role.MONITOR, clinic_id=uuid7())
    assert elsewhere.get("notifications", "/messages")["items"] == []
    refused = reader.refused("notifications", "/messages?limit=0", "GET")
    assert refused["code"] == "invalid"


def test_two_workers_send_a_message_once(mailing: Clinic, smtp_sink: SmtpSink) -> None:
    runtime = mailing.lab.runtime("notifications")
    by_the_other: list[int] = []
    mailing.intake.when_asked = lambda: by_the_other.append(deliver_messages(runtime))

    mailing.tell(mailing.booking(mailing.register(), days=1))

    assert by_the_other == [0]
    assert len(smtp_sink.messages) == 1


def test_every_message_keeps_the_correlation_of_its_cause(clinic: Clinic) -> None:
    booking = clinic.booking(clinic.register(), days=2)
    envelope = clinic.envelope(booking)
    clinic.store(envelope)
    clinic.lab.settle()

    clinic.wait(days=1)

    told = [one for one in clinic.lab.told("notifications") if ".message." in one.name]
    assert [event.name for event in told].count("notifications.message.sent") == 2
    assert {event.correlation_id for event in told} == {envelope.correlation_id}
    assert {event.causation_id for event in told} == {envelope.id}
