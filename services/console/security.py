"""What protects every page: headers, and a check of where a change comes from."""

import hmac
from base64 import urlsafe_b64encode
from urllib.parse import urlsplit

from flask import Response, request

from shared.errors import ForbiddenError
from shared.http.asking import is_secure as is_secure
from shared.http.routes import current_runtime

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

FORM_FIELD = "form_token"
FORM_HEADER = "X-Form-Token"

POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class CrossSiteError(ForbiddenError):
    """This change was not asked for by one of our own pages."""

    code = "cross_site"


def demand_own_page(session: str | None) -> None:
    """Refuse a change that another site's page makes a signed-in browser send.

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin. Of
    one that says neither, the form must carry the token of its session.

    Args:
        session: what the session's cookie holds, if there is one.

    Raises:
        CrossSiteError: it does not come from our own pages.
    """
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        is_ours = site in ("same-origin", "none")
    elif origin is not None:
        is_ours = urlsplit(origin).netloc == request.host
    else:
        given = request.headers.get(FORM_HEADER) or request.form.get(FORM_FIELD, "")
        is_ours = session is not None and hmac.compare_digest(
            given.encode(), form_token(session).encode()
        )
    if not is_ours:
        raise CrossSiteError


def form_token(session: str) -> str:
    """What shows that a form is of a page that this session was given."""
    key = current_runtime().settings.signing_key.encode()
    digest = hmac.digest(key, b"a form of the console\0" + session.encode(), "sha256")
    return urlsafe_b64encode(digest).decode()


def add_headers(response: Response) -> Response:
    """The headers of every page, and of errors."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
