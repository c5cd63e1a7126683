"""What the edge adds to every operation of an OpenAPI document.

Routes tell of their bodies and answers. What holds for all of them, because the edge
does it, is told here: headers, and the problems an operation may be answered with.
"""

from collections import Counter
from collections.abc import Iterator
from threading import Lock
from typing import Any

from apispec import APISpec, BasePlugin
from flask import Flask, Response
from flask_smorest import Api
from marshmallow import INCLUDE, Schema, fields
from werkzeug.exceptions import HTTPException

from shared.http import problems
from shared.http.door import KEY_LENGTH
from shared.http.routes import Routes

BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}

_SECONDS = {
    "description": "in how many seconds to ask again",
    "schema": {"type": "integer", "minimum": 1},
}
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "the request's id: the caller's own, if that was a UUID",
        "schema": {"type": "string", "format": "uuid"},
    },
    "X-Trace-Id": {
        "description": "by which traces and logs are found",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    },
    "ETag": {
        "description": "the version of the record, if it has versions",
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "true, if this is the answer to an earlier request",
        "schema": {"type": "string", "const": "true"},
    },
}
_ALWAYS = ("X-Request-Id", "X-Trace-Id")

_PROBLEMS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("The body is not JSON", {}),
    401: (
        "There is no bearer token, or it is not valid",
        {"WWW-Authenticate": {"schema": {"type": "string"}}},
    ),
    403: ("The caller may not do this", {}),
    404: ("There is no such record or clinic for the caller", {}),
    409: ("What is recorded does not allow this", {}),
    412: ("The record has changed since the caller read it", {}),
    413: ("The body is too long", {}),
    415: ("The body is not said to be JSON", {}),
    422: ("Something in the request does not fit", {}),
    429: ("Too many requests", {"Retry-After": _SECONDS}),
    431: ("The headers are too long", {}),
    503: ("Something needed does not answer", {"Retry-After": _SECONDS}),
}

_PARAMETERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "a UUID by which the caller finds the request again",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "description": "makes asking twice the same as asking once",
        "schema": {"type": "string", "maxLength": KEY_LENGTH},
    },
    "If-Match": {
        "description": "the version that the change was decided on, as ETag said it",
        "schema": {"type": "string", "pattern": '^(W/)?"[0-9]{1,9}"$'},
    },
}


class ProblemSchema(Schema):
    """An error (RFC 9457)."""

    class Meta:
        """Some errors say more, each in members of its own."""

        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "never changes"})
    request_id = fields.String(allow_none=True)
    errors = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))


class Edge(BasePlugin):
    """Completes each operation as it is registered."""

    def init_spec(self, spec: APISpec) -> None:
        """Register what operations refer to."""
        self._spec = spec

    def register(self) -> None:
        """Register what operations refer to; every plugin must be there by now."""
        components = self._spec.components
        components.security_scheme("bearer", BEARER)
        for name, header in _HEADERS.items():
            components.header(name, header)
        for name, parameter in _PARAMETERS.items():
            components.parameter(name, "header", {"name": name, **parameter})
        for status, (about, headers) in _PROBLEMS.items():
            components.response(
                f"PROBLEM_{status}",
                {
                    "description": about,
                    "content": {problems.MEDIA_TYPE: {"schema": ProblemSchema}},
                    "headers": {**{name: name for name in _ALWAYS}, **headers},
                },
            )

    def operation_helper(
        self,
        path: str | None = None,
        operations: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Add headers and problems to the operations of a path."""
        for method, operation in (operations or {}).items():
            responses = operation["responses"]
            for status, answer in responses.items():
                if str(status).startswith("2"):
                    answer["headers"] = {name: name for name in _given(method)}
            for status in _answered(method, path or "", operation):
                responses[str(status)] = f"PROBLEM_{status}"
            operation.setdefault("parameters", []).extend(_taken(method, path or ""))


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest, with problem documents for every error, and what the edge adds."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        self._edge = Edge()
        self._routes: list[Routes] = []
        self._telling = Lock()
        self._is_told = False
        super().__init__(app, spec_kwargs={"extra_plugins": [self._edge]})

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer with a problem document."""
        return problems.on_http_error(error)

    def register_blueprint(self, routes: Routes) -> None:
        """Answer these routes, and describe them once somebody asks for the document.

        To describe them takes longer than all else at a start, and few ever ask.
        """
        app: Flask = self._app
        app.extensions["flask-smorest"]["blp_name_to_api"][routes.name] = self
        app.register_blueprint(routes)
        self._routes.append(routes)

    def demand_names(self) -> None:
        """Refuse two operations of one name: generated clients would lose one of them.

        Raises:
            TypeError: there are two.
        """
        ours = {routes.name for routes in self._routes}
        endpoints = (rule.endpoint for rule in self._app.url_map.iter_rules())
        split = (endpoint.rpartition(".") for endpoint in endpoints)
        names = Counter(name for where, _, name in split if where in ours)
        if twice := [name for name, times in names.items() if times > 1]:
            raise TypeError(f"two routes are called {', '.join(twice)}")

    def _openapi_json(self) -> Response:
        """The document, made when it is first asked for."""
        with self._telling:
            if not self._is_told:
                self._tell()
                self._is_told = True
        answer: Response = super()._openapi_json()
        return answer

    def _tell(self) -> None:
        """Describe errors, what the edge adds, and every route."""
        # Errors are answered with this media type whatever a route says.
        self.DEFAULT_RESPONSE_CONTENT_TYPE = problems.MEDIA_TYPE
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE
        self._edge.register()
        for routes in self._routes:
            routes.register_views_in_doc(
                self, self._app, self.spec, name=routes.name, parameters=None
            )
            self.spec.tag({"name": routes.name, "description": routes.description})

    def _register_responses(self) -> None:
        """Nothing yet: they are described with the rest."""


def _given(method: str) -> tuple[str, ...]:
    replayed = ("Idempotency-Replayed",) if method == "post" else ()
    return (*_ALWAYS, "ETag", *replayed)


def _taken(method: str, path: str) -> Iterator[str]:
    yield "X-Request-Id"
    if method == "post":
        yield "Idempotency-Key"
    if method != "get" and _names_a_record(path):
        yield "If-Match"


def _answered(method: str, path: str, operation: dict[str, Any]) -> Iterator[int]:
    """The statuses of problems that this operation may be answered with."""
    yield from (401, 403, 429, 431, 503)
    if "{" in path or method != "get":
        yield 404
    if method != "get":
        yield from (409, 412, 413, 422)
    if "requestBody" in operation:
        yield from (400, 415)
    if any(isinstance(p, dict) and p.get("in") == "query" for p in _listed(operation)):
        yield 422


def _listed(operation: dict[str, Any]) -> list[Any]:
    return list(operation.get("parameters", []))


def _names_a_record(path: str) -> bool:
    return "{" in path.replace("{clinic_id}", "")
