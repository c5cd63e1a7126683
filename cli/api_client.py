"""Calls a deployment's HTTP APIs, as any outside client would."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import click
import httpx

DEFAULT_URL = "http://127.0.0.1:8080"


class RefusedError(Exception):
    """The platform refused a request; it says why in a problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.code = problem.get("code", "unknown")
        super().__init__(f"{status} {self.code}: {problem.get('detail', '')}")


class Caller:
    """Somebody with a token; paths start behind the clinic, if there is one."""

    def __init__(self, client: httpx.Client, token: str, clinic_id: str | None) -> None:
        self._client = client
        self._token = token
        self._headers = {"Authorization": f"Bearer {token}"}
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

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, timeout=30, transport=transport)

    def development_caller(
        self, *roles: str, clinic_id: str | None = None, subject: UUID | None = None
    ) -> Caller:
        """Somebody with roles, by the deployment's development issuer.

        Raises:
            ClickException: the deployment does not issue tokens to everybody.
        """
        body: dict[str, Any] = {
            "roles": {clinic_id: list(roles)} if clinic_id else {},
            "network_roles": [] if clinic_id else list(roles),
            "subject": str(subject) if subject else None,
        }
        answer = self.client.post("/dev/token", json=body)
        if answer.is_error:
            raise click.ClickException(
                f"{self.url} issues no tokens for trying it out "
                "(KAP_DEVELOPMENT_ISSUER is off)"
            )
        return Caller(self.client, answer.json()["token"], clinic_id)

    def callback_host(self) -> str:
        """The name under which the deployment reaches the caller's machine."""
        host: str = self.client.get("/dev/about").json()["callback_host"]
        return host


def with_token(url: str, token: str, clinic_id: str | None = None) -> Caller:
    """Somebody who has a token already."""
    return Caller(httpx.Client(base_url=url, timeout=30), token, clinic_id)


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        problem = answer.json()
    except ValueError:
        return {"detail": answer.text[:200]}
    return problem if isinstance(problem, dict) else {"detail": str(problem)}
