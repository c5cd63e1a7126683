"""An envelope arrives as it left, and nothing that is none gets in."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from shared.envelope import MAX_PAYLOAD_BYTES, PREFIX, Envelope, UnreadableError
from shared.events import Sensitivity
from shared.events.scheduling import EscortConfirmed
from shared.ids import uuid7
from tests.shared.noting import CLINIC, appointment, envelopes

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
WHOLE = replace(
    envelopes(appointment(), 1)[0],
    actor_id=uuid7(),
    correlation_id=uuid7(),
    causation_id=uuid7(),
    traceparent=TRACE,
    sequence=17,
)
BARE = replace(WHOLE, clinic_id=None, actor_id=None, correlation_id=None)
BARE = replace(BARE, causation_id=None, traceparent=None, sequence=None)


def message(**changes: Any) -> tuple[dict[str, Any], str]:
    """The headers and body of a good message, with some headers changed or gone."""
    headers: dict[str, Any] = dict(WHOLE.headers())
    for name, value in changes.items():
        headers[PREFIX + name] = value
        if value is None:
            del headers[PREFIX + name]
    return headers, WHOLE.payload


@pytest.mark.parametrize("envelope", [WHOLE, BARE], ids=["whole", "bare"])
def test_an_envelope_arrives_over_the_broker_as_it_left(envelope: Envelope) -> None:
    arrived = Envelope.from_headers(envelope.headers(), envelope.payload.encode())

    assert arrived == envelope


@pytest.mark.parametrize("envelope", [WHOLE, BARE], ids=["whole", "bare"])
def test_an_envelope_arrives_from_the_feed_as_it_left(envelope: Envelope) -> None:
    document = json.loads(json.dumps(envelope.document()))

    arrived = Envelope.from_document(document)

    assert replace(arrived, payload="") == replace(envelope, payload="")
    assert json.loads(arrived.payload) == json.loads(envelope.payload)


def test_it_is_a_cloud_event() -> None:
    attributes = WHOLE.attributes()

    assert attributes["specversion"] == "1.0"
    assert attributes["type"] == "kap.scheduling.escort.confirmed.v1"
    assert attributes["source"] == "//kap/scheduling"
    assert attributes["subject"] == f"appointment/{WHOLE.aggregate_id}"
    assert attributes["sequence"] == "00000000000000000017"
    assert all(isinstance(value, str) for value in attributes.values())


def test_its_routing_key_ends_with_the_clinic() -> None:
    assert WHOLE.routing_key == f"scheduling.escort.confirmed.v1.{CLINIC}"
    assert BARE.routing_key == "scheduling.escort.confirmed.v1.network"
    assert len(WHOLE.routing_key.encode()) < 255


def test_an_event_nobody_knows_counts_as_the_most_sensitive() -> None:
    unknown = replace(WHOLE, type="kap.scheduling.future.happened.v9")

    assert WHOLE.sensitivity is Sensitivity.ROUTINE
    assert unknown.sensitivity is Sensitivity.SUD
    with pytest.raises(UnreadableError, match="not a known event type"):
        unknown.event()


def test_the_event_inside_is_the_one_that_was_told() -> None:
    event = WHOLE.event()

    assert isinstance(event, EscortConfirmed)
    assert event.appointment_id == WHOLE.aggregate_id


def test_headers_may_be_written_with_a_colon() -> None:
    headers = {f"cloudEvents:{k[len(PREFIX) :]}": v for k, v in WHOLE.headers().items()}

    assert Envelope.from_headers(headers, WHOLE.payload) == WHOLE


def test_a_time_arrives_in_utc() -> None:
    there = WHOLE.occurred_at.astimezone(timezone(timedelta(hours=-8)))
    headers, body = message(time=there.isoformat())

    arrived = Envelope.from_headers(headers, body)

    assert arrived.occurred_at == WHOLE.occurred_at
    assert arrived.occurred_at.tzinfo is UTC


@pytest.mark.parametrize("name", ["id", "type", "subject", "time", "aggregateversion"])
def test_an_attribute_that_is_missing_is_named(name: str) -> None:
    headers, body = message(**{name: None})

    with pytest.raises(UnreadableError, match=f"the attribute {name} is missing"):
        Envelope.from_headers(headers, body)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "not an id"},
        {"id": 5},
        {"type": ""},
        {"type": "x" * 161},
        {"type": ["a", "list"]},
        {"type": "kap.naïve.x.y.v1"},
        {"type": "kap.a\x00b.x.y.v1"},
        {"type": "kap." + "longname" * 5 + ".x.y.v1"},
        {"subject": "appointment"},
        {"subject": f"{'a' * 65}/{UUID(int=7)}"},
        {"subject": f"\ud800/{UUID(int=7)}"},
        {"time": "yesterday"},
        {"time": 5},
        {"time": "2026-03-02T15:00:00"},
        {"time": "0001-01-01T00:00:00+14:00"},
        {"aggregateversion": "first"},
        {"aggregateversion": str(2**31)},
        {"aggregateversion": "-1"},
        {"aggregateversion": "9" * 5000},
        {"sequence": str(2**63)},
        {"clinicid": "here"},
        {"authid": 5},
        {"traceparent": "x" * 65},
        {"traceparent": 17},
    ],
    ids=lambda change: "-".join(f"{k}:{str(v)[:20]!a}" for k, v in change.items()),
)
def test_an_attribute_no_database_could_keep_is_refused(change: dict[str, Any]) -> None:
    headers, body = message(**change)

    with pytest.raises(UnreadableError):
        Envelope.from_headers(headers, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"null",
        b"[" * 5000,
        b'{"a":"' + b"x" * MAX_PAYLOAD_BYTES + b'"}',
    ],
    ids=["empty", "text", "bytes", "list", "string", "null", "deep", "large"],
)
def test_a_body_that_is_no_event_is_refused(body: bytes) -> None:
    headers, _ = message()

    with pytest.raises(UnreadableError):
        Envelope.from_headers(headers, body)


@pytest.mark.parametrize("document", [None, [], "text", {}, {"data": {}}])
def test_a_document_that_is_no_event_is_refused(document: Any) -> None:
    with pytest.raises(UnreadableError):
        Envelope.from_document(document)


def test_why_something_is_unreadable_quotes_nothing_of_it() -> None:
    headers, _ = message(time="Ada Canary")

    with pytest.raises(UnreadableError) as caught:
        Envelope.from_headers(headers, '{"name": "Ada Canary"}')

    assert "Canary" not in caught.value.message


def test_the_longest_routing_key_of_any_event_fits_into_amqp() -> None:
    from shared.events import catalogue

    when = datetime(2026, 3, 2, tzinfo=UTC)
    for kind in catalogue():
        envelope = replace(WHOLE, type=kind, occurred_at=when)
        assert len(envelope.routing_key.encode()) <= 255
