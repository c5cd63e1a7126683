"""Traces and logs: one trace from a request to what it causes services later."""

import contextvars
import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
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
_service: contextvars.ContextVar[str] = contextvars.ContextVar("service", default="kap")

Attributes = dict[str, str | int | float | bool]


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
            self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
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


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with the trace it belongs to.

    Of an exception only its type and its places are written: its text, like the
    parameters of a statement, may quote a record.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "service": _service.get(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if trace_id := current_trace_id():
            line["trace_id"] = trace_id
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["at"] = _places(record)
        return json.dumps(line)


def _places(record: logging.LogRecord) -> list[str]:
    places = []
    step = record.exc_info[2] if record.exc_info else None
    while step is not None:
        code = step.tb_frame.f_code
        places.append(f"{os.path.basename(code.co_filename)}:{step.tb_lineno}")  # noqa: PTH119
        step = step.tb_next
    return places[-8:]


def log_to(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send this process's log lines to a stream as JSON; standard error if none."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "amqp", "alembic", "waitress.queue"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
