"""The services' APIs, asked with the token of whoever looks at a page.

A part of a page whose service does not answer is left out and named; the rest is shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

import httpx

from shared.errors import UnauthenticatedError, UnavailableError
from shared.peers import Peers

PATIENCE_SECONDS = 4.0


class Standing(StrEnum):
    """What became of a question."""

    GOOD = "good"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    REFUSED = "refused"
    AWAY = "away"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a service said; false unless it said what was asked for.

    `detail` is the service's own words where it refused, `refusal` the whole document
    they stand in, `http_status` its number; 503 of a service that did not answer.
    """

    standing: Standing
    data: Any = None
    detail: str = ""
    refusal: Mapping[str, Any] = field(default_factory=dict)
    http_status: int = 200

    @property
    def faults(self) -> Mapping[str, str]:
        """What the service said about single fields, by their names."""
        return _faults(self.refusal)

    def __bool__(self) -> bool:
        return self.standing is Standing.GOOD

    def __iter__(self) -> Iterator[Any]:
        """The items of a list; none, if there was no answer."""
        return iter(self.data["items"] if self else ())

    def __len__(self) -> int:
        return len(self.data["items"]) if self else 0

    def __getitem__(self, name: str) -> Any:
        """A value of a record; None, if there was no answer."""
        return self.data.get(name) if self else None


class Apis:
    """The services as one person in one clinic sees them, for one request.

    `away` names the services that did not answer; they are not asked again, so that a
    page waits for a silent service only once.
    """

    def __init__(self, peers: Peers, token: str, clinic_id: UUID | None = None) -> None:
        self._peers = peers
        self.token = token
        self.clinic_id = clinic_id
        self.away: set[str] = set()

    def get(self, service: str, path: str, /, **params: Any) -> Answer:
        """A read in the clinic; parameters that are None are left out."""
        asked = {name: value for name, value in params.items() if value is not None}
        return self._ask(service, "GET", self._path(path), params=asked)

    def text(self, service: str, path: str, /, **params: Any) -> Answer:
        """A read in the clinic that is answered with a text; see `get`."""
        asked = {name: value for name, value in params.items() if value is not None}
        response = self._response(service, "GET", self._path(path), params=asked)
        if response is not None and response.is_success:
            return Answer(standing=Standing.GOOD, data=response.text)
        return self._answer(service, response)

    def post(self, service: str, path: str, /, **body: Any) -> Answer:
        """A change in the clinic."""
        return self._ask(service, "POST", self._path(path), json=body)

    def post_once(
        self, service: str, path: str, body: Mapping[str, Any], *, key: str
    ) -> Answer:
        """A change in the clinic that happens once, however often it is asked for."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._ask(
            service, "POST", self._path(path), json=dict(body), headers=headers
        )

    def put(self, service: str, path: str, /, **body: Any) -> Answer:
        """A change in the clinic that names the whole new state."""
        return self._ask(service, "PUT", self._path(path), json=body)

    def save(self, service: str, path: str, version: int, /, **body: Any) -> Answer:
        """The same, if what it is based on has not changed in the meantime."""
        where = self._path(path)
        return self._ask(service, "PUT", where, json=body, version=version)

    def delete(self, service: str, path: str) -> Answer:
        """A change in the clinic that ends something."""
        return self._ask(service, "DELETE", self._path(path))

    def file(self, service: str, path: str, /, **params: Any) -> httpx.Response | None:
        """A file of the clinic as it is, or None if it cannot be had now."""
        return self._response(service, "GET", self._path(path), params=params)

    def raw(self, service: str, path: str) -> str | None:
        """What a service says of itself as text, or None; it need not be well."""
        response = self._response(service, "GET", path)
        return None if response is None else response.text

    def is_well(self, service: str, path: str) -> bool:
        """Whether a service says of itself that all is well."""
        response = self._response(service, "GET", path)
        return response is not None and response.is_success

    def _path(self, path: str) -> str:
        scope = f"/clinics/{self.clinic_id}" if self.clinic_id else ""
        return f"/v1{scope}{path}"

    def _ask(self, service: str, method: str, path: str, **more: Any) -> Answer:
        return self._answer(service, self._response(service, method, path, **more))

    def _answer(self, service: str, response: httpx.Response | None) -> Answer:
        if response is None:
            return _away(service)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise UnauthenticatedError
        said = _json(response)
        if response.is_success and said is not None:
            return Answer(standing=Standing.GOOD, data=said)
        if response.is_client_error and said is not None:
            standing = _STANDINGS.get(response.status_code, Standing.REFUSED)
            return Answer(
                standing=standing,
                detail=_detail(said),
                refusal=said if isinstance(said, dict) else {},
                http_status=response.status_code,
            )
        self.away.add(service)
        return _away(service)

    def _response(
        self, service: str, method: str, path: str, **more: Any
    ) -> httpx.Response | None:
        if service in self.away:
            return None
        try:
            return self._peers.ask(
                service,
                method,
                path,
                token=self.token,
                timeout=PATIENCE_SECONDS,
                **more,
            )
        except UnavailableError:
            self.away.add(service)
            return None


_STANDINGS: Mapping[int, Standing] = {
    httpx.codes.FORBIDDEN: Standing.FORBIDDEN,
    httpx.codes.NOT_FOUND: Standing.MISSING,
}


def _away(service: str) -> Answer:
    detail = f"{service} does not answer"
    return Answer(standing=Standing.AWAY, detail=detail, http_status=503)


def _json(response: httpx.Response) -> Any:
    """What the body says; None if it is no JSON, as from a proxy's error page."""
    try:
        return response.json()
    except ValueError:
        return None


def _detail(problem: Any) -> str:
    """A problem document's own words."""
    detail = problem.get("detail") if isinstance(problem, dict) else None
    return str(detail or "the request was refused")


def _faults(problem: Any) -> dict[str, str]:
    """What a problem document says of single fields, by the last part of their path."""
    errors = problem.get("errors") if isinstance(problem, dict) else None
    return {
        str(one["pointer"]).rpartition("/")[2]: str(one["detail"])
        for one in errors or ()
        if isinstance(one, dict) and {"pointer", "detail"} <= one.keys()
    }
