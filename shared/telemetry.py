"""Traces: one from a request to all it causes, through as many services as it takes."""

import contextvars
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_WORD = re.compile(r"[\w.:/<>{}*\[\]-]{1,200}", re.ASCII)
_service: contextvars.ContextVar[str] = contextvars.ContextVar("service", default="kap")

Attributes = dict[str, str | int | float | bool]

SPAN_NAMES = re.compile(
    r"transaction|note failure|send message"
    r"|(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|_OTHER) [\w/<>:.-]{1,200}"
    r"|(?:process|create|publish) [\w.:-]{1,200}",
    re.ASCII,
)
"""What a span may be called: words of ours, a route's template, a kind of event."""

UNNAMED = "unnamed"
SPAN_ATTRIBUTES = frozenset(
    {
        "db.operation.name",
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "messaging.batch.message_count",
        "messaging.message.id",
    }
)
"""What a span may carry; each holds an id, a code or a number."""


class Tracing:
    """The spans of one service in one process.

    Made after a fork. Spans are exported by OTLP over HTTP where the standard variable
    `OTEL_EXPORTER_OTLP_ENDPOINT` is set; without it they still carry the ids that tie
    logs and events together.
    """

    def __init__(self, service: str) -> None:
        self.service = service
        resource = Resource.create({"service.name": f"kap-{service}"})
        self.provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
            # It brings much along that is of no use where nothing is exported.
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
                OTLPSpanExporter,
            )

            exporter = AllowedOnly(OTLPSpanExporter())
            self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer: trace.Tracer | _IdsOnly = self.provider.get_tracer("kap")
        if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
            self._tracer = _IdsOnly()

    @contextmanager
    def span(
        self,
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        *,
        parent: str | None = None,
        links: Sequence[str | None] = (),
        attributes: Attributes | None = None,
    ) -> Iterator[Span]:
        """A span around a piece of work; `parent` and `links` are traceparents.

        An exception marks the span by its type only: its text could name a record.
        """
        context = None
        if parent_context := _span_context(parent):
            context = trace.set_span_in_context(NonRecordingSpan(parent_context))
        span = self._tracer.start_span(
            name,
            context,
            kind,
            attributes=attributes,
            links=[Link(c) for c in map(_span_context, links) if c],
        )
        token = _service.set(self.service)
        try:
            with trace.use_span(
                span, record_exception=False, set_status_on_exception=False
            ):
                yield span
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR))
            span.set_attribute("error.type", type(error).__name__)
            raise
        finally:
            _service.reset(token)
            span.end()

    def created(self, event_name: str) -> str:
        """The traceparent of the moment an event was told."""
        span = self._tracer.start_span(f"create {event_name}", kind=SpanKind.PRODUCER)
        span.end()
        return _traceparent(span.get_span_context())

    def close(self) -> None:
        """Send what is left; gives up after three seconds."""
        self.provider.force_flush(3000)
        self.provider.shutdown()


class AllowedOnly(SpanExporter):
    """Lets of each span only what is on a list out of the process.

    A span that some library begins or adds to passes here too. Events of a span and
    the description of a failure hold texts of exceptions; they stay here.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send what is left of them."""
        return self._exporter.export([_allowed(span) for span in spans])

    def shutdown(self) -> None:
        """End it."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits."""
        return self._exporter.force_flush(timeout_millis)


def _allowed(span: ReadableSpan) -> ReadableSpan:
    given = span.attributes or {}
    return ReadableSpan(
        name=span.name if SPAN_NAMES.fullmatch(span.name) else UNNAMED,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={
            name: value
            for name, value in given.items()
            if name in SPAN_ATTRIBUTES and is_plain(value)
        },
        links=[Link(link.context) for link in span.links],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def is_plain(value: object) -> bool:
    """Whether a value is a number, a time, an id or one word: nothing with a space."""
    if isinstance(value, str):
        return _WORD.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float | UUID | date)


class _IdsOnly:
    """Spans that nobody collects: they have ids, and cost next to nothing."""

    def __init__(self) -> None:
        self._ids = RandomIdGenerator()

    def start_span(
        self, _name: str, context: Context | None = None, *_: object, **__: object
    ) -> Span:
        """A span that carries the ids logs and events are tied together with."""
        parent = trace.get_current_span(context).get_span_context()
        return NonRecordingSpan(
            SpanContext(
                parent.trace_id if parent.is_valid else self._ids.generate_trace_id(),
                self._ids.generate_span_id(),
                is_remote=False,
                trace_flags=parent.trace_flags if parent.is_valid else _SAMPLED,
            )
        )


_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


def current_service() -> str:
    """The service this code runs for."""
    return _service.get()


def current_trace_id() -> str | None:
    """The trace this code runs in, as 32 hex digits."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def current_traceparent() -> str | None:
    """The place in the trace this code runs in, for a request that goes on with it."""
    context = trace.get_current_span().get_span_context()
    return _traceparent(context) if context.is_valid else None


def is_traceparent(value: str | None) -> bool:
    """Whether a header's value is a W3C trace context we can go on with."""
    return _span_context(value) is not None


def _span_context(traceparent: str | None) -> SpanContext | None:
    match = _TRACEPARENT.match(traceparent or "")
    if match is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    if not trace_id or not span_id:
        return None
    return SpanContext(
        trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags & 1)
    )


def _traceparent(context: SpanContext) -> str:
    sampled = int(context.trace_flags) & 1
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{sampled:02x}"
