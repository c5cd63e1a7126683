"""What protects every page: headers, and a check of where a change comes from."""

from urllib.parse import urlsplit

from flask import Response, request

from shared.errors import ForbiddenError
from shared.http.asking import is_secure as is_secure

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

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


def demand_same_origin() -> None:
    """Refuse a change that another site's page makes a signed-in browser send.

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin;
    one that says neither is refused.

    Raises:
        CrossSiteError: it does not come from our own pages.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site in ("same-origin", "none"):
            return
        raise CrossSiteError
    origin = request.headers.get("Origin")
    if not origin or urlsplit(origin).netloc != request.host:
        raise CrossSiteError


def add_headers(response: Response) -> Response:
    """The headers of every page, and of errors."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
