"""Errors as pages for people; programs go on getting problem documents."""

import logging
from urllib.parse import quote

from flask import Flask, Response, make_response, redirect, render_template, request
from flask import url_for as address_of
from werkzeug.exceptions import HTTPException

from services.console import login
from shared.errors import KapError, UnauthenticatedError
from shared.http import problems

PROGRAMS = ("/console/", "/dev/", "/.well-known/", "/oauth/token", "/oauth/jwks")
"""Paths that programs ask for."""

log = logging.getLogger(__name__)

_TITLES = {
    400: "That request makes no sense",
    403: "This is not for your role",
    404: "There is nothing here",
    405: "That cannot be done here",
    409: "That is not possible now",
    413: "That is too much at once",
    429: "That was asked too often",
    422: "Something does not fit",
    503: "A part of the platform does not answer",
}


def install(app: Flask) -> None:
    """Answer people with pages, wherever in the application an error comes from."""
    app.register_error_handler(KapError, on_kap_error)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(Exception, on_unexpected)


def on_kap_error(error: KapError) -> Response:
    """What we raise ourselves; whoever is not signed in is asked to."""
    if _is_program():
        return problems.on_kap_error(error)
    if isinstance(error, UnauthenticatedError):
        return _to_login()
    answer = page(error.status, error.message)
    answer.headers.update(problems.headers_of(error))
    return answer


def on_http_error(error: HTTPException) -> Response:
    """What Flask raises."""
    if _is_program():
        return problems.on_http_error(error)
    return page(error.code or 500, error.description or error.name)


def on_unexpected(error: Exception) -> Response:
    """What nobody foresaw: logged, and not told."""
    answer = problems.on_unexpected(error)
    if _is_program():
        return answer
    return page(500, "This has been logged. Try again, or go back to the board.")


def page(status: int, detail: str) -> Response:
    """An error as a page, or as a line in the part of a page that was asked for."""
    title = _TITLES.get(status, "Something went wrong")
    fragment = request.headers.get("HX-Request") == "true"
    template = "_problem.html" if fragment else "error.html"
    said = detail[:1].upper() + detail[1:]
    body = render_template(template, status=status, title=title, detail=said)
    return make_response(body, status)


def _is_program() -> bool:
    """A script of our pages that reads the answer asks for JSON and nothing else."""
    asks_for_json = request.headers.get("Accept") == "application/json"
    return asks_for_json or request.path.startswith(PROGRAMS)


def _to_login() -> Response:
    """To the login page and, from there, back again."""
    onward = request.full_path.rstrip("?") if request.method == "GET" else "/"
    target = f"{address_of('site.sign_in')}?next={quote(onward, safe='')}"
    if request.headers.get("HX-Request") == "true":
        answer = make_response("", 401)
        # Whoever enters vital signs goes on, and is asked to sign in by the page.
        if request.endpoint != login.WATCHED:
            answer.headers["HX-Redirect"] = address_of("site.sign_in")
    else:
        answer = make_response(redirect(target, 303))
    return login.sign_out(answer)
