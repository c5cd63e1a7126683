"""A service's Flask application."""

import logging
import time
from typing import Any

from flask import Flask, Response, g, request
from flask_smorest import Api
from marshmallow import Schema, fields
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from werkzeug.exceptions import HTTPException

from shared import logs
from shared.errors import KapError
from shared.http import asking, health, problems
from shared.http.operations import operations
from shared.identity import verifier_of
from shared.ids import uuid7
from shared.metrics import REQUEST_SECONDS
from shared.service import Runtime

MAX_BODY_BYTES = 1_048_576
UNTRACED = ("healthz", "readyz", "metrics")

log = logging.getLogger(__name__)


class ProblemSchema(Schema):
    """An error (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "never changes"})
    request_id = fields.String(allow_none=True)
    errors = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest, with problem documents for every error."""

    ERROR_SCHEMA = ProblemSchema

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer with a problem document."""
        return problems.on_http_error(error)

    def _register_responses(self) -> None:
        """Document errors with the media type they are answered with."""
        self.DEFAULT_RESPONSE_CONTENT_TYPE = problems.MEDIA_TYPE
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE


def create_app(runtime: Runtime) -> Flask:
    """The application of one service; everything it answers is below `/<service>`."""
    service = runtime.service
    app = Flask(f"services.{service.name}", static_folder=None)
    app.config |= {
        "API_TITLE": f"KAP Network {service.name}",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": f"/{service.name}",
        "OPENAPI_JSON_PATH": "openapi.json",
        "MAX_CONTENT_LENGTH": MAX_BODY_BYTES,
        "API_SPEC_OPTIONS": {
            "components": {
                "securitySchemes": {
                    "bearer": {
                        "type": "http",
                        "scheme": "bearer",
                        "bearerFormat": "JWT",
                    }
                }
            }
        },
    }
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["kap"] = runtime
    app.extensions["kap_verifier"] = verifier_of(runtime.settings)
    app.before_request(_before)
    app.after_request(_after)
    app.teardown_request(_end_span)
    api = ProblemApi(app)
    app.register_error_handler(KapError, problems.on_kap_error)
    app.register_error_handler(Exception, problems.on_unexpected)
    app.register_error_handler(HTTPException, problems.on_http_error)
    app.register_blueprint(health.blueprint(service.name))
    api.register_blueprint(operations(service.name))
    if service.blueprint is not None:
        api.register_blueprint(service.blueprint)
    for pages in service.pages:
        app.register_blueprint(pages)
    if service.prepare:
        service.prepare(app, runtime)
    _name_every_operation(api)
    _demand_scopes(app, service.name)
    return app


def _before() -> None:
    g.started = time.perf_counter()
    g.request_id = asking.request_id()
    g.logged = logs.of_request(g.request_id)
    g.logged.__enter__()
    g.correlation_id = uuid7()
    if request.endpoint and request.endpoint.rpartition(".")[2] in UNTRACED:
        return
    from shared.http.routes import current_runtime

    g.span = current_runtime().tracing.span(
        f"{asking.method()} {request.url_rule or 'unknown'}",
        SpanKind.SERVER,
        parent=request.headers.get("traceparent"),
        attributes={
            "http.request.method": asking.method(),
            "http.route": str(request.url_rule or ""),
        },
    )
    g.span.__enter__()


def _after(response: Response) -> Response:
    from shared.http.routes import current_runtime

    response.headers["X-Request-Id"] = g.request_id
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    REQUEST_SECONDS.labels(
        current_runtime().service.name,
        str(request.url_rule or "unknown"),
        asking.method(),
        response.status_code,
    ).observe(time.perf_counter() - g.started)
    if "span" in g:
        span = trace.get_current_span()
        span.set_attribute("http.response.status_code", response.status_code)
        response.headers["X-Trace-Id"] = f"{span.get_span_context().trace_id:032x}"
    return response


def _end_span(error: BaseException | None) -> None:
    if span := g.pop("span", None):
        span.__exit__(type(error) if error else None, error, None)
    if logged := g.pop("logged", None):
        logged.__exit__(None, None, None)


def _demand_scopes(app: Flask, service: str) -> None:
    """Refuse to start with a route of the API that does not say who may call it."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.rule.startswith(f"/{service}/v1") and not hasattr(view, "kap_scope"):
            raise TypeError(f"{rule.rule} states no scope")


def _name_every_operation(api: Any) -> None:
    """Two operations of one name would make generated clients lose one of them."""
    seen: set[str] = set()
    for path in api.spec.to_dict()["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and (name := operation.get("operationId")):
                if name in seen:
                    raise TypeError(f"two routes are called {name}")
                seen.add(name)
