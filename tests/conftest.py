"""What tests of any part may ask for: real servers, a browser, and receivers.

A server that cannot be had is an error of the tests that need it, never a skip.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext

import pytest

from shared.testing.otlp import OtlpReceiver
from shared.testing.servers import PostgresServer, RabbitServer, find_chromium
from shared.testing.smtp import SmtpSink


def _aloud(request: pytest.FixtureRequest) -> AbstractContextManager[None]:
    """Let a line through to the terminal: that a server is installed, for one."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    if capture is None:
        return nullcontext()
    through: AbstractContextManager[None] = capture.global_and_fixture_disabled()
    return through


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests; each makes databases of its own on it."""
    with ExitStack() as stack:
        with _aloud(request):
            server = stack.enter_context(PostgresServer())
        yield server


@pytest.fixture(scope="session")
def rabbit_server(request: pytest.FixtureRequest) -> Iterator[RabbitServer]:
    """One RabbitMQ server for all tests; each makes a virtual host of its own on it."""
    with ExitStack() as stack:
        with _aloud(request):
            server = stack.enter_context(RabbitServer())
        yield server


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> str:
    """The path of a browser to drive."""
    with _aloud(request):
        return find_chromium()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A mail server that keeps what it is given."""
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def otlp_receiver() -> Iterator[OtlpReceiver]:
    """A trace collector that keeps the spans it is sent."""
    with OtlpReceiver() as receiver:
        yield receiver
