"""Several services in one process: the same parts as in many, put side by side.

They still speak only by events and over HTTP; requests to each other stay in memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import httpx
from flask import Flask

from shared import migrations
from shared.broker import Broker, connect
from shared.http import create_app
from shared.ids import utc_now
from shared.peers import Peers
from shared.service import Clock, Runtime, Service
from shared.settings import Settings
from shared.worker import Worker

StartResponse = Callable[..., Any]


class Platform:
    """Runtimes, applications and workers of several services.

    Args:
        services: which services.
        settings: the settings of each, by name.
        clock: what time it is.
        front: the service that answers paths that name no service.
    """

    def __init__(
        self,
        services: Sequence[Service],
        settings: Callable[[str], Settings],
        *,
        clock: Clock = utc_now,
        front: str | None = None,
    ) -> None:
        self.services = {service.name: service for service in services}
        self.runtimes: dict[str, Runtime] = {}
        self.apps: dict[str, Flask] = {}
        self._front = front
        for service in services:
            own = settings(service.name)
            peers = Peers(service.name, own, transport=self._transport)
            runtime = Runtime.start(service, own, peers=peers)
            runtime.clock = clock
            self.runtimes[service.name] = runtime
        self.broker: Broker = connect(own.broker_url)

    def migrate(self) -> None:
        """Bring every database up to date and declare every queue."""
        for name, runtime in self.runtimes.items():
            settings = runtime.settings
            migrations.migrate(
                name,
                settings.database_url,
                owner_url=settings.owner_database_url,
                vault=runtime.database.vault,
            )
        self.declare()

    def declare(self) -> None:
        """Declare every queue."""
        self.broker.declare(subscriptions(self.services.values()))

    def open(self) -> None:
        """Make the applications; the databases must be there."""
        for name, runtime in self.runtimes.items():
            self.apps[name] = create_app(runtime)

    def workers(self) -> list[Worker]:
        """A worker for each service, not started."""
        return [Worker(runtime, self.broker) for runtime in self.runtimes.values()]

    def wsgi(self, environ: dict[str, Any], start_response: StartResponse) -> Any:
        """Answer a request: the first word of the path names the service."""
        first = environ.get("PATH_INFO", "").lstrip("/").partition("/")[0]
        name = first if first in self.apps else self._front
        app = self.apps.get(name or "")
        if app is None:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"There is no such service.\n"]
        # A service may ask itself: what it keeps in `g` for one request is not the
        # other's.
        with app.app_context():
            return app(environ, start_response)

    def close(self) -> None:
        """Give everything back."""
        self.broker.close()
        for runtime in self.runtimes.values():
            runtime.close()

    def _transport(self, service: str) -> httpx.BaseTransport:  # noqa: ARG002
        return httpx.WSGITransport(app=self.wsgi)


def subscriptions(services: Iterable[Service]) -> Mapping[str, Sequence[str]]:
    """Which event types each service's queue is bound to."""
    return {service.name: service.subscriptions for service in services}
