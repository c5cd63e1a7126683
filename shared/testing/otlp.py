"""A trace collector that keeps the spans it is sent, for tests that follow a trace."""

import gzip
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from shared.testing.arrivals import Arrivals

_PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True, kw_only=True)
class ReceivedSpan:
    """One span as its sender told it.

    Ids are lower-case hexadecimal, `kind` is a word such as `server` or `consumer`,
    `links` are pairs of trace id and span id, `events` pairs of name and attributes.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: str
    service: str
    attributes: Mapping[str, object]
    links: tuple[tuple[str, str], ...]
    events: tuple[tuple[str, Mapping[str, object]], ...]


class OtlpReceiver:
    """A real OTLP/HTTP endpoint on a loopback port while the `with` block runs.

    `endpoint` is what `OTEL_EXPORTER_OTLP_ENDPOINT` takes.
    """

    def __init__(self) -> None:
        self._received: Arrivals[ReceivedSpan] = Arrivals()
        self._server = _Server(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self._server.received = self._received
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="otlp-receiver"
        )
        self.endpoint = ""

    def __enter__(self) -> Self:
        self._server.server_bind()
        self._server.server_activate()
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def spans(self) -> list[ReceivedSpan]:
        """What was received so far, in order of arrival."""
        return self._received.so_far()

    def wait_for(
        self, count: int, *, within: timedelta = timedelta(seconds=10)
    ) -> list[ReceivedSpan]:
        """The spans, once at least `count` were received.

        Raises:
            TimeoutError: fewer came in time.
        """
        return self._received.wait_for(count, within=within)


class _Server(ThreadingHTTPServer):
    received: Arrivals[ReceivedSpan]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Take in one export of spans."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/traces":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        if self.headers.get("Content-Type") != _PROTOBUF:
            self.send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            return
        try:
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            export = ExportTraceServiceRequest.FromString(body)
        except (DecodeError, EOFError, OSError):
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        self.server.received.add(_spans(export))
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", _PROTOBUF)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a test's output is its own."""


def _spans(export: ExportTraceServiceRequest) -> Iterator[ReceivedSpan]:
    for by_resource in export.resource_spans:
        resource = _attributes(by_resource.resource.attributes)
        service = str(resource.get("service.name", ""))
        for by_scope in by_resource.scope_spans:
            for span in by_scope.spans:
                yield _span(span, service)


def _span(span: Span, service: str) -> ReceivedSpan:
    kind = Span.SpanKind.Name(span.kind)
    return ReceivedSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        name=span.name,
        kind=kind.removeprefix("SPAN_KIND_").lower(),
        service=service,
        attributes=_attributes(span.attributes),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        events=tuple((item.name, _attributes(item.attributes)) for item in span.events),
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, object]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> object:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case name:
            plain: object = getattr(value, name)
            return plain
