"""A service's Flask application."""

import logging
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from werkzeug.exceptions import HTTPException

from shared import logs
from shared.errors import KapError
from shared.http import asking, health, problems
from shared.http.bodies import MAX_BODY_BYTES
from shared.http.documents import ProblemApi
from shared.http.limits import Limits
from shared.http.operations import operations
from shared.http.rules import LateRule
from shared.identity import verifier_of
from shared.ids import uuid7
from shared.metrics import REQUEST_SECONDS
from shared.service import Runtime

HSTS = "max-age=31536000"
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""Of every answer that does not say otherwise, as pages for people do."""


log = logging.getLogger(__name__)


class Application(Flask):
    """Flask, whose views are plain functions: it need not ask for each request again
    whether they are.
    """

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(runtime: Runtime) -> Flask:
    """The application of one service; everything it answers is below `/<service>`."""
    service = runtime.service
    app = Application(f"services.{service.name}", static_folder=None)
    app.url_rule_class = LateRule
    app.config |= {
        "API_TITLE": f"KAP Network {service.name}",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": f"/{service.name}",
        "OPENAPI_JSON_PATH": "openapi.json",
        "MAX_CONTENT_LENGTH": MAX_BODY_BYTES,
    }
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["kap"] = runtime
    app.extensions["kap_verifier"] = verifier_of(runtime.settings)
    app.before_request(_before)
    app.after_request(_after)
    app.teardown_request(_end_span)
    Limits(service.name, runtime.settings).install(app)
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
    api.demand_names()
    _demand_scopes(app, service.name)
    return app


def _before() -> None:
    g.started = time.perf_counter()
    g.request_id = asking.request_id()
    g.logged = logs.of_request(g.request_id)
    g.logged.__enter__()
    g.correlation_id = uuid7()
    if request.blueprint == health.NAME:
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
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if asking.is_secure():
        response.headers.setdefault("Strict-Transport-Security", HSTS)
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
