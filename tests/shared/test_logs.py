"""Of what is logged only constant messages and listed fields get out."""

import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared import logs
from shared.logs import JsonFormatter

CLINIC = UUID("01890000-0000-7000-8000-000000000001")
CANARY = "Ada Canary"


class Lines:
    """What was logged so far."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def last(self) -> dict[str, Any]:
        """The last line."""
        line: dict[str, Any] = json.loads(self.stream.getvalue().splitlines()[-1])
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The lines of our own logger `shared.story` and of a library's, `foreign`."""
    made = Lines()
    handler = logging.StreamHandler(made.stream)
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in ("shared.story", "foreign")]
    for logger in loggers:
        logger.addHandler(handler)
    yield made
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.fixture
def log() -> logging.Logger:
    """A logger of our own."""
    return logging.getLogger("shared.story")


@pytest.fixture
def foreign() -> logging.Logger:
    """A library's logger."""
    return logging.getLogger("foreign")


def test_a_constant_message_and_listed_fields_are_written(
    log: logging.Logger, lines: Lines
) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)

    log.warning("it waits", extra={"clinic_id": CLINIC, "attempts": 3, "version": at})

    line = lines.last()
    said = {"message": "it waits", "level": "warning", "logger": "shared.story"}
    assert line == {**line, **said, "clinic_id": str(CLINIC), "attempts": 3}
    assert line["version"] == at.isoformat()
    assert "dropped" not in line


def test_a_field_that_is_not_listed_is_named_and_its_value_is_not_written(
    log: logging.Logger, lines: Lines
) -> None:
    log.warning("it waits", extra={"patient": CANARY, "phone": "555", "attempts": 3})

    assert lines.last()["dropped"] == ["patient", "phone"]
    assert lines.last()["attempts"] == 3
    assert "Canary" not in lines.stream.getvalue()
    assert "555" not in lines.stream.getvalue()


@pytest.mark.parametrize("value", [CANARY, "née", "a\nb", "x" * 201, [1], {"a": 1}, ""])
def test_a_listed_field_with_more_than_a_word_is_not_written(
    value: object, log: logging.Logger, lines: Lines
) -> None:
    log.warning("it waits", extra={"code": value})

    assert "code" not in lines.last()
    assert lines.last()["dropped"] == ["code"]


def test_arguments_do_not_get_out(log: logging.Logger, lines: Lines) -> None:
    log.warning("%s waits", CANARY)

    assert lines.last()["message"] == "%s waits"
    assert lines.last()["dropped"] == ["args"]
    assert "Canary" not in lines.stream.getvalue()


def test_a_message_put_together_from_values_does_not_get_out(
    log: logging.Logger, lines: Lines
) -> None:
    for message in (f"{CANARY} waits", CANARY + " waits", "{} waits".format(CANARY)):  # noqa: UP032
        log.warning(message)

        assert lines.last()["message"] == "withheld"
    log.warning(ValueError(CANARY))
    assert lines.last()["message"] == "withheld"
    assert "Canary" not in lines.stream.getvalue()


def test_of_an_exception_the_kind_and_the_places_are_written(
    log: logging.Logger, lines: Lines
) -> None:
    try:
        int(CANARY)
    except ValueError:
        log.exception("it failed")

    assert lines.last()["error"] == "ValueError"
    assert lines.last()["at"][-1].startswith("test_logs.py:")
    assert "Canary" not in lines.stream.getvalue()


def test_a_library_is_quoted_by_its_template_only(
    foreign: logging.Logger, lines: Lines
) -> None:
    foreign.warning("connection of %s lost", CANARY, extra={"code": "Canary"})

    assert lines.last()["message"] == "connection of %s lost"
    assert "Canary" not in lines.stream.getvalue()


def test_a_template_behind_a_librarys_own_function_is_found(
    foreign: logging.Logger, lines: Lines
) -> None:
    def info(message: str, *args: object) -> None:
        foreign.warning(message, *args)

    info("worker %s starts", CANARY)

    assert lines.last()["message"] == "worker %s starts"


def test_a_message_of_two_constants_is_one(
    foreign: logging.Logger, lines: Lines
) -> None:
    message = "worker %s was killed"
    message += ", perhaps out of memory"

    foreign.error(message, CANARY)

    assert lines.last()["message"] == "worker %s was killed, perhaps out of memory"
    foreign.error(message + CANARY)
    assert lines.last()["message"] == "withheld"


def test_a_library_that_put_values_into_its_message_is_named_only(
    foreign: logging.Logger, lines: Lines
) -> None:
    foreign.error(f"Exception on /patients/{CANARY}")

    assert lines.last()["message"] == "withheld"
    assert lines.last()["logger"] == "foreign"
    assert lines.last()["level"] == "error"


def test_lines_of_a_request_carry_its_id(log: logging.Logger, lines: Lines) -> None:
    with logs.of_request(str(CLINIC)):
        log.warning("inside")
        assert lines.last()["request_id"] == str(CLINIC)

    log.warning("outside")
    assert "request_id" not in lines.last()


PROCESS = """
import logging, threading
from shared.logs import log_to
from shared.telemetry import Tracing
log_to()
log = logging.getLogger("kap")
log.info("work begins")
with Tracing("intake").span("work"):
    try:
        int("Ada Canary")
    except ValueError:
        log.exception("it failed")
logging.getLogger("httpx").info("too noisy")
def end(): raise ValueError("Ada Canary")
thread = threading.Thread(target=end)
thread.start()
thread.join()
class Unwritable:
    def __eq__(self, other): raise ValueError("Ada Canary")
    __hash__ = None
log.info(Unwritable(), "Ada Canary")
logging.root.handlers[0].stream = None
log.error("the stream is gone, %s", "Ada Canary")
"""


def test_a_process_logs_one_json_object_a_line_and_nothing_beside() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROCESS], capture_output=True, text=True, check=True
    )

    first, second, third, last = (json.loads(line) for line in ran.stderr.splitlines())
    said = {"message": "work begins", "level": "info", "service": "kap"}
    assert first == {**first, **said}
    assert "trace_id" not in first
    said = {"message": "it failed", "error": "ValueError", "service": "intake"}
    assert second == {**second, **said}
    assert len(second["trace_id"]) == 32
    said = {"message": "a thread ended by an error", "error": "ValueError"}
    assert third == {**third, **said}
    assert last["message"] == "withheld"
    assert "Canary" not in ran.stderr + ran.stdout


def test_a_thread_that_ends_itself_is_no_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = threading.ExceptHookArgs((SystemExit, SystemExit(), None, None))

    logs._on_thread_ended(ended)

    assert capsys.readouterr().err == ""
