"""Log lines as JSON: only what is on a list gets out.

A log is read by more people than a record is. So a line has a message that stands in
the code as it is, and fields by name, from a list, with values that cannot be a
sentence. What came from a request or a record and is written into a message does not
get out: not by a format argument, not by an f-string, and not by a library.
"""

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from types import CodeType, FrameType
from typing import TextIO
from uuid import UUID

from shared.telemetry import current_service, current_trace_id, is_plain

FIELDS = frozenset(
    {
        "actor_id",
        "aggregate_id",
        "aggregate_type",
        "attempts",
        "client_id",
        "clinic_id",
        "code",
        "count",
        "event_id",
        "event_type",
        "key_id",
        "loop",
        "method",
        "outcome",
        "producer",
        "record_id",
        "route",
        "seconds",
        "state",
        "status",
        "version",
    }
)
"""What a line may carry besides its message; each holds an id, a code or a number."""

OURS = ("shared", "services", "cli", "kap")
WITHHELD = "withheld"
NOISY = ("httpx", "httpcore", "amqp", "alembic", "waitress.queue")

_OF_EVERY_RECORD = vars(logging.makeLogRecord({})).keys() | {"message", "asctime"}
_NEAREST_CALLERS = 24
_PLACES = 8

log = logging.getLogger(__name__)

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


@contextmanager
def of_request(request_id: str) -> Iterator[None]:
    """Lines written inside name the request they belong to."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with the trace and the request it belongs to.

    Fields that are not on the list are left out and only named, in `dropped`. Of an
    exception its type and its places are written: its text, like the parameters of a
    statement, may quote a record.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "service": current_service(),
            "logger": record.name,
            "message": _message(record),
        }
        if trace_id := current_trace_id():
            line["trace_id"] = trace_id
        if request_id := _request_id.get():
            line["request_id"] = request_id
        if record.name.partition(".")[0] in OURS:
            line |= _fields(record)
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["at"] = _places(record)
        return json.dumps(line)


def _message(record: logging.LogRecord) -> str:
    """The message, if it stands in the code of somebody who is just now logging it.

    A text put together from values stands nowhere. It is looked for among the callers,
    because libraries have functions of their own around the logger.
    """
    frame: FrameType | None = sys._getframe()
    for _ in range(_NEAREST_CALLERS):
        if frame is None or not isinstance(record.msg, str):
            break
        if _stands_in(record.msg, frame.f_code):
            return record.msg
        frame = frame.f_back
    return WITHHELD


def _stands_in(message: str, code: CodeType) -> bool:
    """Whether code holds a text as it is, or as two parts, one added to the other."""
    parts = [part for part in code.co_consts if part and isinstance(part, str)]
    return message in parts or any(
        message.startswith(part) and message[len(part) :] in parts for part in parts
    )


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """What a record of ours carries, and the names of what it may not carry."""
    given = {k: v for k, v in vars(record).items() if k not in _OF_EVERY_RECORD}
    kept = {k: _said(v) for k, v in given.items() if k in FIELDS and is_plain(v)}
    dropped = sorted(given.keys() - kept.keys()) + ["args"] * bool(record.args)
    return {**kept, "dropped": dropped} if dropped else dict(kept)


def _said(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _places(record: logging.LogRecord) -> list[str]:
    places = []
    step = record.exc_info[2] if record.exc_info else None
    while step is not None:
        code = step.tb_frame.f_code
        places.append(f"{os.path.basename(code.co_filename)}:{step.tb_lineno}")  # noqa: PTH119
        step = step.tb_next
    return places[-_PLACES:]


def log_to(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send this process's log lines to a stream as JSON; standard error if none."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # What Python prints by itself quotes values: of a line that cannot be written, and
    # of an exception that ends a thread.
    logging.raiseExceptions = False
    threading.excepthook = _on_thread_ended
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns when a refused row ends a batch early; what is refused is told anyway.
    logging.getLogger("psycopg").setLevel(logging.ERROR)


def _on_thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_type is SystemExit or ended.exc_value is None:
        return
    info = (ended.exc_type, ended.exc_value, ended.exc_traceback)
    log.error("a thread ended by an error", exc_info=info)
