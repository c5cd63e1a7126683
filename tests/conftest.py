"""What tests of any part may ask for: real servers, a browser, and receivers.

A server that cannot be had is an error of the tests that need it, never a skip.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import pytest

from shared.memory import look_rarely, spare_what_stays
from shared.service import Service
from shared.testing.lab import Lab
from shared.testing.otlp import OtlpReceiver
from shared.testing.servers import PostgresServer, RabbitServer, find_chromium
from shared.testing.smtp import SmtpSink
from shared.testing.templates import postgres_database

look_rarely()


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make, and leave alone what was imported.

    Else a third of the time goes into walking through every imported module again.
    """
    spare_what_stays()
    look_rarely()  # Tests leave much behind that goes with them; memory is not short.


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


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What a laboratory stands on: where each service's database and the broker are.

    Without them a laboratory takes SQLite files and a broker in memory.
    """

    name: str
    database_url: Callable[[str], str] | None = None
    broker_url: str | None = None


@pytest.fixture(params=["memory", "real"])
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Each test on this runs twice: in memory, and on RabbitMQ and PostgreSQL.

    A test that can do with one of them says which:
    `@pytest.mark.parametrize("stack", ["real"], indirect=True)`.
    """
    if request.param == "memory":
        yield Stack(name="memory")
        return
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    rabbit: RabbitServer = request.getfixturevalue("rabbit_server")
    mark = uuid4().hex
    urls: dict[str, str] = {}

    def database_url(service: str) -> str:
        if service not in urls:
            urls[service] = postgres_database(postgres, service, f"{service}_{mark}")
        return urls[service]

    yield Stack(
        name="real",
        database_url=database_url,
        broker_url=rabbit.create_vhost(mark),
    )
    rabbit.delete_vhost(mark)
    for service in urls:
        postgres.drop_database(f"{service}_{mark}")


class MakeLab(Protocol):
    """Makes a laboratory of these services; `settings` are those of every service."""

    def __call__(self, services: Sequence[Service], **settings: Any) -> Lab: ...


@pytest.fixture
def make_lab(stack: Stack, tmp_path: Path) -> Iterator[MakeLab]:
    """Laboratories on the stack, closed at the end.

    A second one finds the databases of the first, as after a restart; a broker in
    memory has then forgotten everything.
    """
    with ExitStack() as labs:

        def make(services: Sequence[Service], **settings: Any) -> Lab:
            lab = Lab(
                services,
                tmp_path,
                database_url=stack.database_url,
                broker_url=stack.broker_url,
                **settings,
            )
            labs.callback(lab.close)
            return lab

        yield make
