"""Somebody who calls the APIs of a laboratory."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from werkzeug.test import TestResponse

if TYPE_CHECKING:
    from shared.testing.lab import Lab


class Caller:
    """Somebody who calls the APIs of a platform with a token."""

    def __init__(self, lab: "Lab", token: str | None, clinic_id: UUID | None) -> None:
        self.lab = lab
        self.token = token
        self.clinic_id = clinic_id

    def request(
        self,
        method: str,
        service: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        """The whole answer; paths start behind the clinic, or at `/v1` or `/`."""
        prefix = f"/{service}/v1"
        if self.clinic_id is not None:
            prefix += f"/clinics/{self.clinic_id}"
        client = self.lab.platform.apps[service].test_client()
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            more["json"] = body
        return client.open(
            prefix + path, method=method, headers={**own, **(headers or {})}, **more
        )

    def get(self, service: str, path: str, **query: object) -> Any:
        """What a read answers.

        Raises:
            AssertionError: it is refused.
        """
        asked = {name: str(value) for name, value in query.items()}
        return self._good(self.request("GET", service, path, query_string=asked))

    def post(self, service: str, path: str, /, **body: object) -> Any:
        """What a change answers.

        Raises:
            AssertionError: it is refused.
        """
        said = {name: _plain(value) for name, value in body.items()}
        return self._good(self.request("POST", service, path, said))

    def put(self, service: str, path: str, /, **body: object) -> Any:
        """What a change that names the whole new state answers.

        Raises:
            AssertionError: it is refused.
        """
        said = {name: _plain(value) for name, value in body.items()}
        return self._good(self.request("PUT", service, path, said))

    def delete(self, service: str, path: str) -> Any:
        """What an end answers.

        Raises:
            AssertionError: it is refused.
        """
        return self._good(self.request("DELETE", service, path))

    def refused(
        self, service: str, path: str, /, method: str = "POST", **body: object
    ) -> dict[str, Any]:
        """The problem document of a request that must be refused.

        Raises:
            AssertionError: it succeeds, or fails without a problem document.
        """
        said = {name: _plain(value) for name, value in body.items()}
        answer = self.request(method, service, path, said if method != "GET" else None)
        assert answer.status_code >= 400, answer.get_data(as_text=True)
        assert answer.mimetype == "application/problem+json", answer.mimetype
        problem: dict[str, Any] = answer.get_json()
        return problem

    @staticmethod
    def _good(answer: TestResponse) -> Any:
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.get_json()


def _plain(value: object) -> object:
    if isinstance(value, UUID | datetime):
        return value.isoformat() if isinstance(value, datetime) else str(value)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
