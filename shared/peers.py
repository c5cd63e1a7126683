"""How a service asks another over HTTP: only for what it may have missed, or for
detail that no event carries.
"""

import threading
import time
from collections.abc import Callable, Generator, Mapping
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

from shared.access import Role
from shared.context import Actor
from shared.errors import NotFoundError, UnavailableError
from shared.identity import TokenIssuer
from shared.settings import Settings
from shared.telemetry import current_traceparent
from shared.tls import trusted

TOKEN_LIFE = timedelta(minutes=10)
PATIENCE_SECONDS = 10.0


class MachineToken(httpx.Auth):
    """Signs each request with a short-lived token of this service."""

    def __init__(self, service: str, issuer: TokenIssuer) -> None:
        self._issuer = issuer
        self._actor = Actor(
            id=uuid5(NAMESPACE_URL, f"kap:{service}"),
            network_roles=frozenset({Role.SERVICE}),
        )
        self._service = service
        self._token, self._renew_at = "", 0.0

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header; renew the token when half its life is over."""
        if time.monotonic() > self._renew_at:
            self._token = self._issuer.issue(
                self._actor, valid_for=TOKEN_LIFE, client=self._service
            )
            self._renew_at = time.monotonic() + TOKEN_LIFE.total_seconds() / 2
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class Peers:
    """The other services' APIs, asked with this service's own token or a person's."""

    def __init__(
        self,
        service: str,
        settings: Settings,
        transport: Callable[[str], httpx.BaseTransport] | None = None,
    ) -> None:
        issuer = TokenIssuer(settings.signing_key, issuer=settings.token_issuer)
        self._auth = MachineToken(service, issuer)
        self._url = settings.peer_url
        self._transport = transport
        self._clients: dict[str, httpx.Client] = {}
        self._lock = threading.Lock()

    def get(
        self,
        service: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> Any:
        """The JSON another service answers, from a path below its name.

        Raises:
            NotFoundError: it has no such record.
            UnavailableError: it does not answer, or not as it should.
        """
        try:
            answer = self._client(service).get(
                f"/{service}{path}", params=params, timeout=patience_seconds
            )
        except httpx.HTTPError as error:
            raise UnavailableError(f"{service} does not answer") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise NotFoundError(f"{service} has no such record")
        if answer.is_error:
            raise UnavailableError(f"{service} answered {answer.status_code}")
        try:
            return answer.json()
        except ValueError as error:
            raise UnavailableError(f"{service} answered no JSON") from error

    def ask(
        self,
        service: str,
        method: str,
        path: str,
        *,
        token: str | None,
        version: int | None = None,
        **more: Any,
    ) -> httpx.Response:
        """What another service answers to a person's token, or to nobody's.

        Args:
            path: below the service's name.
            version: what a change is based on.
            more: as `httpx.Client.request` takes it: `params`, `json`, `timeout`,
                `headers`.

        Raises:
            UnavailableError: it does not answer.
        """
        headers: dict[str, str] = {**more.pop("headers", {})}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if traceparent := current_traceparent():
            headers["traceparent"] = traceparent
        try:
            return self._client(service).request(
                method, f"/{service}{path}", headers=headers, auth=None, **more
            )
        except httpx.HTTPError as error:
            raise UnavailableError(f"{service} does not answer") from error

    def way_to(self, service: str) -> tuple[str, httpx.BaseTransport]:
        """Where a service answers, and how it is reached."""
        transport = self._transport(service) if self._transport else None
        return self._url.format(service=service), transport or httpx.HTTPTransport(
            verify=trusted()
        )

    def close(self) -> None:
        """Let the connections go."""
        for client in self._clients.values():
            client.close()

    def _client(self, service: str) -> httpx.Client:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = httpx.Client(
                    base_url=self._url.format(service=service),
                    auth=self._auth,
                    timeout=PATIENCE_SECONDS,
                    transport=self._transport(service) if self._transport else None,
                    verify=trusted(),
                )
            return self._clients[service]
