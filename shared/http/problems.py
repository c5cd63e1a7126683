"""Every error as a problem document (RFC 9457) with a code that never changes."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, current_app, g, json, request
from werkzeug.exceptions import HTTPException

from shared.errors import (
    KapError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
)
from shared.http import asking

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "2"

log = logging.getLogger(__name__)

_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
}


def problem(
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """A problem document as the answer to this request; `more` adds members to it."""
    body: dict[str, object] = {
        **(more or {}),
        "type": f"urn:kap:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": getattr(g, "request_id", None),
    }
    if errors:
        body["errors"] = errors
    response = Response(json.dumps(body), status, mimetype=MEDIA_TYPE)
    response.headers.update(headers or {})
    return response


def on_kap_error(error: KapError) -> Response:
    """The answer to what we raise ourselves."""
    faults: Mapping[str, str] = {error.field: error.message} if error.field else {}
    more = dict(error.details)
    if isinstance(named := more.pop("errors", None), Mapping):
        faults = named
    errors = [{"pointer": f"#/{name}", "detail": faults[name]} for name in faults]
    return problem(
        error.status, error.code, error.message, errors, headers_of(error), more
    )


def headers_of(error: KapError) -> dict[str, str]:
    """What the headers say of an error: when to ask again, and how."""
    match error:
        case TooManyRequestsError():
            return {"Retry-After": str(error.retry_after)}
        case UnavailableError():
            return {"Retry-After": RETRY_AFTER_SECONDS}
        case UnauthenticatedError():
            return {"WWW-Authenticate": 'Bearer realm="kap"'}
    return {}


def on_http_error(error: HTTPException) -> Response:
    """The answer to what Flask and its parsers raise."""
    status = error.code or 500
    messages = getattr(error, "data", {}).get("messages")
    code = _CODES.get(status, "error")
    if status == 422 and isinstance(messages, Mapping):
        return problem(
            status, code, "the request does not fit", list(_errors(messages))
        )
    if status == 422 or (status == 400 and messages):
        return problem(400, "bad_json", "the body is not valid JSON")
    headers = {
        name: value
        for name, value in error.get_headers()
        if name in ("Allow", "Retry-After")
    }
    return problem(status, code, error.name, headers=headers)


def on_unexpected(error: Exception) -> Response:
    """The answer to what nobody foresaw: nothing is told, everything is logged."""
    asked = {"method": asking.method(), "route": str(request.url_rule)}
    log.error("a request failed", extra=asked, exc_info=error)
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    return problem(500, "internal", "something went wrong on our side")


def _errors(messages: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Marshmallow's tree of messages as a flat list of pointers."""
    for where, tree in messages.items():
        root = "#" if where == "json" else f"{where}:"
        if isinstance(tree, Mapping):
            yield from _walk(root, tree)
        else:
            yield {"pointer": root, "detail": " ".join(map(str, tree))}


def _walk(pointer: str, tree: Mapping[Any, Any]) -> Iterator[dict[str, str]]:
    for name, value in tree.items():
        here = f"{pointer}/{str(name)[:64]}"
        if isinstance(value, Mapping):
            yield from _walk(here, value)
        else:
            yield {"pointer": here, "detail": " ".join(map(str, value))}
