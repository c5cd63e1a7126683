"""Calls a deployment's HTTP APIs, as any outside client would."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import httpx

from shared.settings import DEVELOPMENT_SECRET

DEFAULT_URL = "http://127.0.0.1:8080"
LONGEST_WAIT_SECONDS = 90.0
SECRET_FILE = Path("data/development-secret")
"""Where `kap up` keeps what the secrets of its issuer's programs are made from."""


class RefusedError(Exception):
    """The platform refused a request; it says why in a problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.code = problem.get("code", "unknown")
        super().__init__(f"{status} {self.code}: {problem.get('detail', '')}")


class Caller:
    """Somebody, with a token if any; paths start behind the clinic, if there is one."""

    def __init__(self, client: httpx.Client, token: str, clinic_id: str | None) -> None:
        self._client = client
        self._token = token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._clinic = f"/clinics/{clinic_id}" if clinic_id else ""

    def in_clinic(self, clinic_id: str) -> "Caller":
        """The same person, looking at a clinic."""
        return Caller(self._client, self._token, clinic_id)

    def in_network(self) -> "Caller":
        """The same person, looking at the network."""
        return Caller(self._client, self._token, None)

    def get(self, service: str, path: str, **query: Any) -> Any:
        """What a read answers.

        Raises:
            RefusedError: it is refused.
        """
        return self.send("GET", service, path, params=query).json()

    def post(
        self, service: str, path: str, /, key: str | None = None, **body: Any
    ) -> Any:
        """What a change answers; `key` makes asking twice asking once.

        Raises:
            RefusedError: it is refused.
        """
        headers = {"Idempotency-Key": key} if key else {}
        return self.send("POST", service, path, json=body, headers=headers).json()

    def put(self, service: str, path: str, /, **body: Any) -> Any:
        """What a change that names the whole new state answers.

        Raises:
            RefusedError: it is refused.
        """
        return self.send("PUT", service, path, json=body).json()

    def send(self, method: str, service: str, path: str, **more: Any) -> httpx.Response:
        """The whole answer.

        Raises:
            RefusedError: it is refused.
        """
        headers = {**self._headers, **more.pop("headers", {})}
        answer = self._client.request(
            method, f"/{service}/v1{self._clinic}{path}", headers=headers, **more
        )
        if answer.is_error:
            raise RefusedError(answer.status_code, _problem(answer))
        return answer


class Deployment:
    """A platform behind one URL."""

    def __init__(self, url: str, *, secret: str | None = None) -> None:
        """Args:
        secret: of its development issuer; looked for, if it is needed and not given.
        """
        self.url = url
        self.client = httpx.Client(base_url=url, timeout=30)
        self._secret = secret

    def development_caller(
        self, *roles: str, clinic_id: str | None = None, subject: UUID | None = None
    ) -> Caller:
        """Somebody with roles, by the deployment's development issuer.

        Raises:
            ClickException: the deployment does not issue tokens to everybody.
        """
        token = self.development_token(*roles, clinic_id=clinic_id, subject=subject)
        return Caller(self.client, token, clinic_id)

    def caller_by_link(self, clinic_id: str, code: str) -> Caller:
        """The patient whom a private link of a clinic is for."""
        nobody = Caller(self.client, "", clinic_id)
        opened = nobody.post("intake", "/links/open", code=code)
        return Caller(self.client, opened["token"], clinic_id)

    def development_token(
        self, *roles: str, clinic_id: str | None = None, subject: UUID | None = None
    ) -> str:
        """A token for somebody with roles, which only the demo may ask for so.

        Raises:
            ClickException: the deployment has no development issuer, or another secret.
        """
        from services.console.development.clients import Client, client_secret

        wish: dict[str, Any] = {
            "roles": {clinic_id: list(roles)} if clinic_id else {},
            "network_roles": [] if clinic_id else list(roles),
            "subject": str(subject) if subject else None,
        }
        asked = {"grant_type": "client_credentials", "wish": json.dumps(wish)}
        for secret in [self._secret] if self._secret else list(_secrets()):
            known_by = (Client.DEMO.value, client_secret(secret, Client.DEMO))
            answer = self._when_it_may(asked, known_by)
            if answer.is_success:
                self._secret = secret
                return str(answer.json()["access_token"])
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise click.ClickException(
                    f"{self.url} issues no tokens for trying it out "
                    "(KAP_DEVELOPMENT_ISSUER is off)"
                )
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                raise click.ClickException(
                    f"{self.url} gives no token now ({answer.status_code})"
                )
        raise click.ClickException(
            f"{self.url} does not know this program: set KAP_DEVELOPMENT_SECRET to "
            f"@ and the platform's own {SECRET_FILE.name}"
        )

    def _when_it_may(
        self, asked: Mapping[str, str], known_by: tuple[str, str]
    ) -> httpx.Response:
        """What the issuer answers; asked too often, it says how long to wait."""
        patience = time.monotonic() + LONGEST_WAIT_SECONDS
        while True:
            answer = self.client.post("/oauth/token", data=asked, auth=known_by)
            is_limited = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
            if not is_limited or time.monotonic() > patience:
                return answer
            time.sleep(float(answer.headers.get("Retry-After", "1")))

    def callback_host(self) -> str:
        """The name under which the deployment reaches the caller's machine."""
        host: str = self.client.get("/dev/about").json()["callback_host"]
        return host


def _secrets() -> Iterator[str]:
    """What the secret of a development issuer may be, likely ones first."""
    said = os.environ.get("KAP_DEVELOPMENT_SECRET", "")
    named = Path(said[1:]) if said.startswith("@") else None
    if said and not named:
        yield said
    for path in (named, SECRET_FILE):
        if path and path.is_file():
            yield path.read_text().strip()
    yield DEVELOPMENT_SECRET


def with_token(url: str, token: str, clinic_id: str | None = None) -> Caller:
    """Somebody who has a token already."""
    return Caller(httpx.Client(base_url=url, timeout=30), token, clinic_id)


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        problem = answer.json()
    except ValueError:
        return {"detail": answer.text[:200]}
    return problem if isinstance(problem, dict) else {"detail": str(problem)}
