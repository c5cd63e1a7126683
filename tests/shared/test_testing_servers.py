"""The mail and trace receivers that other tests look into are themselves right."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from shared.testing.otlp import OtlpReceiver
from shared.testing.smtp import SmtpSink


def _send(sink: SmtpSink, subject: str) -> None:
    message = EmailMessage()
    message["From"] = "clinic@example.org"
    message["To"] = "someone@example.org"
    message["Subject"] = subject
    message.set_content("Grüße")
    address = urlsplit(sink.url)
    with smtplib.SMTP(str(address.hostname), address.port or 0) as client:
        client.send_message(message)


def test_a_mail_that_was_sent_is_kept_as_it_was_written(smtp_sink: SmtpSink) -> None:
    _send(smtp_sink, "Ihr Termin am Dienstag – früh")

    (message,) = smtp_sink.wait_for(1)

    assert message["Subject"] == "Ihr Termin am Dienstag – früh"
    assert message["To"] == "someone@example.org"
    assert message.get_content() == "Grüße\n"


def test_a_mail_is_refused_as_often_as_asked_and_then_accepted(
    smtp_sink: SmtpSink,
) -> None:
    smtp_sink.refuse_next(2)

    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError) as refused:
            _send(smtp_sink, "refused")
        assert refused.value.smtp_code == 451
    _send(smtp_sink, "accepted")

    assert [message["Subject"] for message in smtp_sink.messages] == ["accepted"]


def test_a_mail_sink_ends_while_a_client_is_still_connected() -> None:
    with SmtpSink() as sink:
        address = urlsplit(sink.url)
        client = smtplib.SMTP(str(address.hostname), address.port or 0)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    client.close()


def test_waiting_for_a_mail_that_does_not_come_is_an_error(smtp_sink: SmtpSink) -> None:
    with pytest.raises(TimeoutError, match="0 of 1"):
        smtp_sink.wait_for(1, within=timedelta(milliseconds=20))


@pytest.fixture(params=[Compression.NoCompression, Compression.Gzip])
def provider(
    otlp_receiver: OtlpReceiver, request: pytest.FixtureRequest
) -> Iterator[TracerProvider]:
    """A program that sends its spans to the receiver, in either form."""
    exporter = OTLPSpanExporter(
        endpoint=f"{otlp_receiver.endpoint}/v1/traces", compression=request.param
    )
    provider = TracerProvider(resource=Resource({"service.name": "sessions"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider
    provider.shutdown()


def test_spans_arrive_with_their_parents_links_and_attributes(
    provider: TracerProvider, otlp_receiver: OtlpReceiver
) -> None:
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("earlier", kind=trace.SpanKind.PRODUCER) as first:
        link = trace.Link(first.get_span_context())
    with tracer.start_as_current_span("outer", kind=trace.SpanKind.SERVER):
        inner = tracer.start_span(
            "inner", links=[link], attributes={"n": 3, "ok": True}
        )
        inner.set_attribute("names", ["a", "b"])
        inner.end()

    spans = {span.name: span for span in otlp_receiver.wait_for(3)}

    earlier, outer, received = spans["earlier"], spans["outer"], spans["inner"]
    assert (earlier.kind, outer.kind, received.kind) == (
        "producer",
        "server",
        "internal",
    )
    assert outer.parent_id is None
    assert received.parent_id == outer.span_id
    assert received.trace_id == outer.trace_id
    assert len(received.trace_id) == 32
    assert received.links == ((earlier.trace_id, earlier.span_id),)
    assert received.attributes == {"n": 3, "ok": True, "names": ["a", "b"]}
    assert received.service == "sessions"


def test_what_is_no_export_of_spans_is_refused(otlp_receiver: OtlpReceiver) -> None:
    traces = f"{otlp_receiver.endpoint}/v1/traces"
    protobuf = {"Content-Type": "application/x-protobuf"}
    zipped = {**protobuf, "Content-Encoding": "gzip"}

    broken = httpx.post(traces, content=b"\xff\xff", headers=protobuf)
    not_zipped = httpx.post(traces, content=b"plain", headers=zipped)
    wrong_form = httpx.post(traces, json={})
    elsewhere = httpx.post(f"{otlp_receiver.endpoint}/v1/metrics", headers=protobuf)

    answers = [broken, not_zipped, wrong_form, elsewhere]
    assert [answer.status_code for answer in answers] == [400, 400, 415, 404]
    assert otlp_receiver.spans == []
