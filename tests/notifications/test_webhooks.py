"""Delivering to real endpoints: signed, in order, once, and only what is granted."""

import json
from dataclasses import replace
from datetime import timedelta

from shared.events.intake import SafetyFlagged
from shared.events.scheduling import EscortConfirmed, ResourceAdded
from shared.events.sessions import RecordSigned, VitalsRecorded
from shared.ids import uuid7
from shared.testing.lab import MORNING
from tests.notifications.clinic_lab import Clinic
from tests.notifications.hooks import SERVICE, attempts, is_signed, room, subscribe
from tests.notifications.receiver import Receiver


def test_an_event_arrives_signed_as_a_cloudevent(
    hooked: Clinic, receiver: Receiver
) -> None:
    subscription = subscribe(hooked, receiver.url())
    envelope = hooked.envelope(room())
    hooked.store(envelope)

    hooked.lab.settle()

    (posted,) = receiver.posted
    assert posted.headers["content-type"] == "application/cloudevents+json"
    assert posted.headers["webhook-id"] == str(envelope.id)
    assert posted.headers["webhook-timestamp"] == str(int(MORNING.timestamp()))
    assert json.loads(posted.body) == envelope.document()
    assert is_signed(posted, subscription["secret"])
    assert not is_signed(posted, subscribe(hooked, receiver.url())["secret"])
    (tried,) = attempts(hooked, subscription)
    assert (tried["outcome"], tried["status_code"]) == ("delivered", 204)
    assert (tried["number"], tried["reason"]) == (1, None)
    assert tried["event_id"] == str(envelope.id)


def test_events_arrive_in_the_order_of_their_feed(
    hooked: Clinic, receiver: Receiver
) -> None:
    subscribe(hooked, receiver.url())
    envelopes = [hooked.envelope(room()) for _ in range(50)]
    # The inbox may hand them over in another order than the feed has them.
    hooked.store(*reversed(envelopes))

    hooked.lab.settle()

    assert receiver.ids() == [str(envelope.id) for envelope in envelopes]


def test_the_order_of_a_feed_counts_more_than_the_clocks_of_its_writers(
    hooked: Clinic, receiver: Receiver
) -> None:
    subscribe(hooked, receiver.url(), "scheduling.*", "sessions.*")
    late, early = hooked.envelope(room()), hooked.envelope(room())
    late = replace(late, occurred_at=MORNING - timedelta(seconds=1))
    early = replace(early, occurred_at=MORNING - timedelta(seconds=3))
    signed = RecordSigned(session_id=uuid7(), patient_id=uuid7())
    other = replace(hooked.envelope(signed), occurred_at=MORNING - timedelta(seconds=2))
    hooked.store(early, late, other)

    hooked.lab.settle()

    assert receiver.ids() == [str(e.id) for e in (other, late, early)]


def test_an_event_heard_twice_is_posted_once(
    hooked: Clinic, receiver: Receiver
) -> None:
    subscribe(hooked, receiver.url())
    envelope = hooked.envelope(room())
    hooked.store(envelope)
    hooked.lab.settle()

    hooked.store(envelope)
    handler = hooked.lab.runtime(SERVICE).service.handlers[ResourceAdded]
    with hooked.lab.unit_of_work(SERVICE, hooked.id, causing=envelope) as uow:
        handler(envelope.event(), uow)
    hooked.lab.settle()

    assert receiver.ids() == [str(envelope.id)]


def test_only_what_is_asked_for_and_granted_is_posted(
    hooked: Clinic, receiver: Receiver
) -> None:
    patient, session = uuid7(), uuid7()
    vitals = VitalsRecorded(
        vitals_id=uuid7(), session_id=session, patient_id=patient, status="red"
    )
    flag = SafetyFlagged(
        patient_id=patient,
        episode_id=uuid7(),
        flag_id=uuid7(),
        level="high",
        due_at=MORNING,
    )
    signed = RecordSigned(session_id=session, patient_id=patient)
    everything = ("sessions.*", "scheduling.*", "intake.patient.registered")
    subscribe(hooked, receiver.url("/plain"), *everything)
    subscribe(hooked, receiver.url("/clinical"), *everything, grants=("clinical",))
    subscribe(
        hooked,
        receiver.url("/all"),
        "sessions.*",
        "intake.*",
        grants=("clinical", "behavioural_health"),
    )

    hooked.tell(room(), signed, vitals, flag)

    def names(path: str) -> list[str]:
        return [
            json.loads(posted.body)["type"]
            for posted in receiver.posted
            if posted.path == path
        ]

    assert sorted(names("/plain")) == [
        "kap.scheduling.resource.added.v1",
        "kap.sessions.record.signed.v1",
    ]
    assert sorted(names("/clinical")) == [
        "kap.scheduling.resource.added.v1",
        "kap.sessions.record.signed.v1",
        "kap.sessions.vitals.recorded.v1",
    ]
    assert sorted(names("/all")) == [
        "kap.intake.safety.flagged.v1",
        "kap.sessions.record.signed.v1",
        "kap.sessions.vitals.recorded.v1",
    ]


def test_an_event_of_another_clinic_is_not_posted(
    hooked: Clinic, receiver: Receiver
) -> None:
    subscribe(hooked, receiver.url())

    hooked.store(hooked.envelope(room(), clinic_id=uuid7()))
    hooked.lab.settle()

    assert receiver.posted == []


def test_an_escort_reaches_integrators_in_order_with_its_booking(
    hooked: Clinic, receiver: Receiver
) -> None:
    subscribe(hooked, receiver.url(), "scheduling.appointment.*", "scheduling.escort.*")
    booking = hooked.booking(hooked.register())
    escort = EscortConfirmed(
        appointment_id=booking.appointment_id, patient_id=booking.patient_id
    )

    hooked.tell(booking, escort)

    assert [json.loads(posted.body)["type"] for posted in receiver.posted] == [
        "kap.scheduling.appointment.booked.v1",
        "kap.scheduling.escort.confirmed.v1",
    ]
