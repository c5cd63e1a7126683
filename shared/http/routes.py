"""How a route is declared: its path, who may call it, what it takes and gives.

A route under a clinic gets a unit of work (POST, PUT, DELETE) or a reading (GET) that
is already limited to that clinic, so no view can forget to check.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from uuid import UUID

from flask import Response, current_app, g, make_response, request
from flask_smorest import Blueprint
from marshmallow import Schema

from shared.context import NETWORK, Actor, Context, Role
from shared.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthenticatedError,
)
from shared.http.bodies import Parser
from shared.mailbox import idempotency
from shared.mailbox.idempotency import Answer
from shared.service import Runtime
from shared.telemetry import is_traceparent
from shared.unit_of_work import ExpectedVersion, UnitOfWork

View = Callable[..., Any]

KEY_LENGTH = 128


class MediaTypeError(InvalidError):
    """The body must be JSON, and say so in Content-Type."""

    status = 415
    code = "unsupported_media_type"


class Routes(Blueprint):  # type: ignore[misc]
    """The routes of one service.

    Paths are below `/<service>/v1/clinics/<clinic_id>`, or below `/<service>/v1` with
    `network=True`, where only network roles count. `roles` may not be empty.
    """

    ARGUMENTS_PARSER = Parser()

    def __init__(self, service: str, about: str) -> None:
        super().__init__(
            service, __name__, url_prefix=f"/{service}/v1", description=about
        )

    def get(
        self,
        path: str,
        *,
        roles: Iterable[Role],
        gives: Schema,
        query: Schema | None = None,
        network: bool = False,
    ) -> Callable[[View], View]:
        """A read; the view gets a `Reading`, then the query if one is declared."""
        return self._route("GET", path, roles, None, query, gives, 200, network)

    def post(
        self,
        path: str,
        *,
        roles: Iterable[Role],
        gives: Schema,
        takes: Schema | None = None,
        status: int = 200,
        network: bool = False,
    ) -> Callable[[View], View]:
        """A change; the view gets a `UnitOfWork`, then the body if one is declared."""
        return self._route("POST", path, roles, takes, None, gives, status, network)

    def put(
        self,
        path: str,
        *,
        roles: Iterable[Role],
        gives: Schema,
        takes: Schema,
        network: bool = False,
    ) -> Callable[[View], View]:
        """A change that names the whole new state."""
        return self._route("PUT", path, roles, takes, None, gives, 200, network)

    def delete(
        self, path: str, *, roles: Iterable[Role], gives: Schema, network: bool = False
    ) -> Callable[[View], View]:
        """A change that ends something."""
        return self._route("DELETE", path, roles, None, None, gives, 200, network)

    def _route(
        self,
        method: str,
        path: str,
        roles: Iterable[Role],
        takes: Schema | None,
        query: Schema | None,
        gives: Schema,
        status: int,
        network: bool,
    ) -> Callable[[View], View]:
        allowed = frozenset(roles)
        if not allowed:
            raise TypeError(f"{method} {path} states no role")
        if network and not allowed <= NETWORK | {Role.INTEGRATOR}:
            raise TypeError(f"{method} {path} lets clinic roles act on the network")
        rule = path if network else f"/clinics/<uuid:clinic_id>{path}"

        def declare(view: View) -> View:
            endpoint = _answering(view)
            endpoint = self.response(status, gives)(endpoint)
            if takes is not None:
                endpoint = self.arguments(takes, location="json")(endpoint)
            if query is not None:
                # Without `unknown` the parser lets pass what the schema refuses.
                declared = self.arguments(query, location="query", unknown=None)
                endpoint = declared(endpoint)
            endpoint = self.doc(
                operationId=view.__name__,
                security=[{"bearer": []}],
                **{"x-kap-roles": sorted(allowed)},
            )(endpoint)
            outer = _transacted(endpoint, method, allowed, takes is not None)
            self.route(rule, methods=[method], endpoint=view.__name__)(outer)
            return view

        return declare


def _answering(view: View) -> View:
    """The view as flask-smorest calls it: parsed input first, then path values."""

    @wraps(view)
    def call(*parsed: Any, **path: Any) -> Any:
        result = view(g.door, *parsed, **path)
        version = getattr(result, "version", None)
        if version is None and hasattr(result, "get"):
            version = result.get("version")
        g.version = version if isinstance(version, int) else None
        return result

    return call


def _transacted(
    endpoint: View, method: str, allowed: frozenset[Role], has_body: bool
) -> View:
    """Authorise, open the transaction or the reading, remember the answer."""

    @wraps(endpoint)
    def call(**path: Any) -> Any:
        context = _context(allowed, path.pop("clinic_id", None))
        runtime = current_runtime()
        if method == "GET":
            with runtime.reading(context) as g.door:
                return _tagged(make_response(endpoint(**path)))
        if has_body and not request.is_json:
            raise MediaTypeError
        key = _idempotency_key(method)
        # All of the body is here before a transaction begins: no lock waits for a
        # slow sender.
        request.get_data()
        with runtime.unit_of_work(context) as uow:
            g.door = uow
            uow.expected = _expected(path)
            if key and (earlier := _claim(uow, key)):
                return earlier
            response = _tagged(make_response(endpoint(**path)))
            if key:
                _remember(uow, key, response)
            return response

    return call


def current_runtime() -> Runtime:
    """The runtime of the service that answers this request."""
    runtime: Runtime = current_app.extensions["kap"]
    return runtime


def caller() -> Actor:
    """Who calls, from the bearer token.

    Raises:
        UnauthenticatedError: there is none, or it is not valid.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError
    actor: Actor = current_app.extensions["kap_verifier"].verify(token.strip())
    return actor


def _context(allowed: frozenset[Role], clinic_id: UUID | None) -> Context:
    actor = caller()
    held = actor.roles_in(clinic_id)
    if clinic_id is not None and not held:
        # Nobody learns from us which clinics exist.
        raise NotFoundError("there is no such clinic for you")
    if not held & allowed:
        raise ForbiddenError
    given = request.headers.get("traceparent")
    return Context(
        actor=actor,
        clinic_id=clinic_id,
        correlation_id=g.correlation_id,
        traceparent=given if is_traceparent(given) else None,
    )


def _expected(path: dict[str, Any]) -> ExpectedVersion | None:
    """What If-Match says about the last record the path names."""
    given = request.headers.get("If-Match")
    ids = [value for value in path.values() if isinstance(value, UUID)]
    if not given or not ids:
        return None
    match = re.fullmatch(r'(?:W/)?"(\d{1,9})"', given.strip())
    if match is None:
        raise InvalidError(
            'If-Match must be an entity tag such as "3"', field="If-Match"
        )
    return ExpectedVersion(ids[-1], int(match[1]))


def _tagged(response: Response) -> Response:
    if g.get("version") is not None:
        response.set_etag(str(g.version))
    return response


def _idempotency_key(method: str) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if not key or method != "POST":
        return None
    if len(key) > KEY_LENGTH or not key.isprintable():
        raise InvalidError(
            f"Idempotency-Key must be at most {KEY_LENGTH} printable characters",
            field="Idempotency-Key",
        )
    return key


def _request_hash() -> str:
    said = f"{request.method} {request.path}\n".encode() + request.get_data()
    return hashlib.sha256(said).hexdigest()


def _claim(uow: UnitOfWork, key: str) -> Response | None:
    answer = idempotency.claim(
        uow.connection,
        actor_id=uow.actor_id,
        key=key,
        request_hash=_request_hash(),
        at=uow.now,
    )
    if answer is None:
        return None
    response = Response(answer.body, answer.status, mimetype="application/json")
    response.headers["Idempotency-Replayed"] = "true"
    if answer.etag:
        response.set_etag(answer.etag)
    return response


def _remember(uow: UnitOfWork, key: str, response: Response) -> None:
    answer = Answer(
        status=response.status_code,
        body=response.get_data(as_text=True),
        etag=response.get_etag()[0],
    )
    idempotency.remember(uow.connection, answer, actor_id=uow.actor_id, key=key)
