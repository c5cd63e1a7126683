"""One trace ties a request to all it causes, and no telemetry quotes a record."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.trace import StatusCode

from shared.access import Role
from shared.envelope import Envelope
from shared.events.scheduling import ResourceAdded
from shared.logs import JsonFormatter
from shared.telemetry import Tracing, is_traceparent
from shared.testing.lab import Lab
from shared.testing.otlp import OtlpReceiver, ReceivedSpan
from tests.shared.noting import CLINIC, Noting, scheduling

CLIENTS_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENTS_SPAN = "00f067aa0ba902b7"


@pytest.fixture
def noting() -> Noting:
    """A service that hears of rooms."""
    return Noting(events=[ResourceAdded])


@pytest.fixture
def lab(
    tmp_path: Path,
    noting: Noting,
    otlp_receiver: OtlpReceiver,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Lab]:
    """Scheduling, and a service that hears it; their spans go to the receiver."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_receiver.endpoint)
    made = Lab([scheduling, noting.service], tmp_path)
    noting.prepare(made)
    yield made
    made.close()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a process logs, as its log lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("shared")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def add_room(lab: Lab, **headers: str) -> str:
    """Add a room over HTTP; the trace the answer names."""
    admin = lab.caller(Role.CLINIC_ADMIN, clinic_id=CLINIC)
    body = {"kind": "room", "name": "Blue"}
    answer = admin.request("POST", "scheduling", "/resources", body, headers=headers)
    assert answer.status_code == 201
    return answer.headers["X-Trace-Id"]


def spans_of(
    lab: Lab, receiver: OtlpReceiver, trace_id: str
) -> dict[str, ReceivedSpan]:
    """The spans of a trace by service and name, once all are sent."""
    lab.close()
    return {
        f"{span.service} {span.name.partition(' ')[0]}": span
        for span in receiver.spans
        if span.trace_id == trace_id
    }


def test_one_trace_leads_from_a_request_to_its_effect_in_another_service(
    lab: Lab, otlp_receiver: OtlpReceiver
) -> None:
    trace_id = add_room(lab)
    lab.settle()
    told = lab.told("scheduling")[0]

    spans = spans_of(lab, otlp_receiver, trace_id)

    request, work = spans["kap-scheduling POST"], spans["kap-scheduling transaction"]
    created, handled = spans["kap-scheduling create"], spans["kap-console process"]
    assert request.parent_id is None
    assert work.parent_id == request.span_id
    assert created.parent_id == work.span_id
    assert handled.parent_id == created.span_id
    assert told.traceparent == f"00-{trace_id}-{created.span_id}-01"
    kinds = [span.kind for span in (request, work, created, handled)]
    assert kinds == ["server", "internal", "producer", "consumer"]


def test_a_clients_trace_is_gone_on_with(lab: Lab, otlp_receiver: OtlpReceiver) -> None:
    sent = f"00-{CLIENTS_TRACE}-{CLIENTS_SPAN}-01"

    assert add_room(lab, traceparent=sent) == CLIENTS_TRACE

    spans = spans_of(lab, otlp_receiver, CLIENTS_TRACE)
    assert spans["kap-scheduling POST"].parent_id == CLIENTS_SPAN


@pytest.mark.parametrize(
    "sent", ["", "nonsense", f"00-{'0' * 32}-{CLIENTS_SPAN}-01", "01-a-b-c", "x" * 500]
)
def test_a_clients_trace_that_is_none_is_left_aside(sent: str, lab: Lab) -> None:
    trace_id = add_room(lab, traceparent=sent)

    assert len(trace_id) == 32
    assert set(trace_id) != {"0"}
    assert not is_traceparent(sent)


def test_a_batch_that_is_published_is_linked_with_what_it_holds(
    lab: Lab, otlp_receiver: OtlpReceiver
) -> None:
    traces = {add_room(lab), add_room(lab)}
    lab.settle()
    lab.close()

    published = [s for s in otlp_receiver.spans if s.name == "publish scheduling"]

    assert {trace_id for trace_id, _ in published[0].links} == traces
    assert published[0].trace_id not in traces
    assert published[0].attributes["messaging.batch.message_count"] == 2


def test_a_later_try_points_to_its_origin_and_stands_alone(
    lab: Lab, otlp_receiver: OtlpReceiver, noting: Noting
) -> None:
    broken = True

    def interrupt(_: Envelope) -> None:
        if broken:
            raise ValueError

    noting.interrupt = interrupt
    trace_id = add_room(lab)
    lab.settle()
    broken = False
    lab.clock.advance(seconds=2)
    lab.settle()
    lab.close()

    tries = [s for s in otlp_receiver.spans if s.name.startswith("process")]

    assert tries[0].trace_id == trace_id
    assert tries[-1].trace_id != trace_id
    assert [linked for linked, _ in tries[-1].links] == [trace_id]


def test_a_span_of_a_failure_names_its_kind_and_not_its_text(
    lab: Lab, otlp_receiver: OtlpReceiver, noting: Noting
) -> None:
    def interrupt(_: Envelope) -> None:
        raise ValueError("Ada Canary, born 1990")

    noting.interrupt = interrupt
    trace_id = add_room(lab)
    lab.settle()

    handled = spans_of(lab, otlp_receiver, trace_id)["kap-console process"]

    assert handled.attributes["error.type"] == "ValueError"
    assert all("Canary" not in repr(span) for span in otlp_receiver.spans)


def test_no_span_holds_what_a_person_entered(
    lab: Lab, otlp_receiver: OtlpReceiver
) -> None:
    trace_id = add_room(lab)
    lab.settle()

    spans = spans_of(lab, otlp_receiver, trace_id)

    assert spans
    assert all("Blue" not in repr(span) for span in otlp_receiver.spans)
    assert all(str(CLINIC) not in span.name for span in otlp_receiver.spans)


def test_a_log_line_of_a_failure_carries_the_trace_and_no_text(
    lab: Lab, noting: Noting, lines: io.StringIO
) -> None:
    def interrupt(_: Envelope) -> None:
        raise ValueError("Ada Canary, born 1990")

    noting.interrupt = interrupt
    trace_id = add_room(lab)
    lab.settle()

    line = json.loads(lines.getvalue().splitlines()[-1])

    assert line["trace_id"] == trace_id
    assert line["service"] == "console"
    assert line["level"] == "warning"
    assert line["message"] == "an event could not be handled"
    assert line["event_type"] == "kap.scheduling.resource.added.v1"
    assert line["event_id"] == str(lab.told("scheduling")[0].id)
    assert line["state"] == "pending"
    assert line["error"] == "ValueError"
    assert line["at"][-1].startswith("test_telemetry.py:")
    assert "Canary" not in lines.getvalue()


def test_of_a_span_only_what_is_on_the_list_leaves_the_process(
    otlp_receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_receiver.endpoint)
    tracing = Tracing("scheduling")

    with tracing.span("send Ada Canary") as span:
        span.set_attribute("patient.name", "Canary")
        span.set_attribute("error.type", "Ada Canary")
        span.set_attribute("http.route", "/clinics/<uuid:clinic_id>")
        span.set_status(StatusCode.ERROR, "Ada Canary")
        span.add_event("Canary", {"exception.message": "Canary"})
        span.add_link(span.get_span_context(), {"name": "Canary"})
    tracing.close()

    sent = otlp_receiver.spans[0]
    assert sent.name == "unnamed"
    assert sent.attributes == {"http.route": "/clinics/<uuid:clinic_id>"}
    assert sent.events == ()
    assert sent.links == ((sent.trace_id, sent.span_id),)
    assert "Canary" not in repr(otlp_receiver.spans)


def test_without_a_collector_traces_still_tie_things_together(tmp_path: Path) -> None:
    noting = Noting(events=[ResourceAdded])
    lab = Lab([scheduling, noting.service], tmp_path)
    noting.prepare(lab)

    trace_id = add_room(lab, traceparent=f"00-{CLIENTS_TRACE}-{CLIENTS_SPAN}-01")
    lab.settle()

    told, heard = lab.told("scheduling")[0], lab.inbox("console")[0]
    assert trace_id == CLIENTS_TRACE
    assert (told.traceparent or "").split("-")[1] == trace_id
    assert heard["traceparent"] == told.traceparent
    lab.close()


def test_a_collector_that_is_away_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    tracing = Tracing("scheduling")

    with tracing.span("work"):
        made = tracing.created("scheduling.resource.added")

    assert is_traceparent(made)
    tracing.close()
