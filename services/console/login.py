"""Who is signed in, at which provider people sign in, and how long that lasts.

A browser keeps its person's bearer token, and how the visit goes on; nothing is kept on
the server, so that any process can answer.
"""

import time
from dataclasses import replace
from datetime import timedelta

import httpx
from flask import Flask, Response, current_app, g, request

from services.console import cookies
from services.console.cookies import Visit
from services.console.development.asking import CALLBACK, Codes
from services.console.development.clients import Client, client_secret
from services.console.provider import Provider, SignInError, Tokens
from services.console.security import SAFE_METHODS
from services.console.visitor import Visitor
from shared.errors import UnauthenticatedError, UnavailableError
from shared.http.routes import current_runtime
from shared.identity import TokenVerifier
from shared.identity.sources import WELL_KNOWN
from shared.identity.trusted import discovery_url
from shared.service import Runtime
from shared.settings import is_loopback

NOTED_EVERY = timedelta(minutes=1)
"""How often it is noted that somebody does something."""

RENEWED_BEFORE_SECONDS = 60
WATCHED = "site.session"


class _ToOurselves(httpx.BaseTransport):
    """Carries what is asked of our public address to where the console answers."""

    def __init__(self, runtime: Runtime) -> None:
        url, self._inner = runtime.peers.way_to(runtime.service.name)
        self._own = httpx.URL(url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask; the name that was asked for stays in the `Host` header."""
        own = self._own
        request.url = request.url.copy_with(
            scheme=own.scheme, host=own.host, port=own.port
        )
        return self._inner.handle_request(request)


def install(app: Flask, runtime: Runtime) -> None:
    """Give the application what signing in needs."""
    secret = runtime.settings.signing_key
    app.extensions["kap_provider"] = _provider(runtime, app.extensions["kap_verifier"])
    app.extensions["kap_sealers"] = cookies.Sealers(secret)
    app.extensions["kap_development_codes"] = Codes(secret)
    app.after_request(_keep_visit)


def provider() -> Provider | None:
    """Where people sign in; None where the deployment names no place."""
    found: Provider | None = current_app.extensions["kap_provider"]
    return found


def is_development() -> bool:
    """Whether anybody may be anybody."""
    return current_runtime().settings.development_issuer


def redirect_uri() -> str:
    """Where people come back to from the provider."""
    return own_origin() + CALLBACK


def own_origin() -> str:
    """Where browsers find us, as the settings say.

    A machine has several names for itself, and a cookie belongs to one of them, so
    whoever tries the platform goes on under the name they began with.
    """
    if is_development() and is_loopback(request.host):
        return request.host_url.rstrip("/")
    return current_runtime().settings.public_url


def sign_in(response: Response, tokens: Tokens) -> Response:
    """Begin a visit.

    Raises:
        InvalidError: the token is longer than a cookie may be.
    """
    now = time.time()
    visit = Visit(
        subject=str(tokens.actor.id),
        began_at=now,
        active_at=now,
        refresh=tokens.refresh,
        id_token=tokens.id_token,
    )
    cookies.keep(response, tokens.access, visit)
    return response


def sign_in_by_hand(response: Response, token: str) -> Response:
    """Begin a visit with a token that somebody was given.

    Raises:
        InvalidError: it is longer than a cookie may be.
        UnauthenticatedError: it is not valid.
    """
    return sign_in(response, _held(token))


def sign_out(response: Response) -> Response:
    """Forget who was here."""
    g.pop("visit", None)
    cookies.forget(response)
    return response


def visitor() -> Visitor:
    """Who is signed in.

    Raises:
        UnauthenticatedError: nobody, or no more.
        UnavailableError: the token has ended, and who renews it does not answer.
    """
    token, visit = cookies.read_token(), cookies.read_visit()
    visit.demand_lasting()
    tokens = _current(token, visit)
    if str(tokens.actor.id) != visit.subject:
        raise UnauthenticatedError
    went_on = _gone_on(visit, tokens, is_fresh=tokens.access != token)
    if went_on != visit:
        g.visit = tokens.access, went_on
    name = str(tokens.claims.get("name") or "Signed in")
    return Visitor(token=tokens.access, actor=tokens.actor, name=name)


def _current(token: str, visit: Visit) -> Tokens:
    """The tokens to go on with: those at hand, or fresh ones if they end soon."""
    held, ended = None, UnauthenticatedError()
    try:
        held = _held(token)
    except UnauthenticatedError as error:
        ended = error
    if held and held.claims["exp"] - time.time() > RENEWED_BEFORE_SECONDS:
        return held
    place = provider()
    if visit.refresh and place:
        try:
            return place.renew(visit.refresh)
        except (SignInError, UnavailableError) as error:
            # What is still good is good, whatever becomes of the next one.
            if held is None:
                raise error
    if held is None:
        raise ended
    return held


def _gone_on(visit: Visit, tokens: Tokens, *, is_fresh: bool) -> Visit:
    """The visit after this request."""
    now = time.time()
    if is_fresh:
        visit = replace(
            visit, refresh=tokens.refresh, id_token=tokens.id_token or visit.id_token
        )
    if _is_activity() and now - visit.active_at > NOTED_EVERY.total_seconds():
        visit = replace(visit, active_at=now)
    return visit


def _is_activity() -> bool:
    """Whether a person did this: a page that keeps itself fresh asks by script.

    Whoever watches a session does something by watching it: a page that turned into the
    login's would show no alert.
    """
    if request.endpoint == WATCHED:
        return True
    by_script = request.headers.get("HX-Request") == "true"
    return not by_script or request.method not in SAFE_METHODS


def _keep_visit(response: Response) -> Response:
    if kept := g.pop("visit", None):
        cookies.keep(response, *kept)
    return response


def _held(token: str) -> Tokens:
    verifier: TokenVerifier = current_app.extensions["kap_verifier"]
    claims, actor = verifier.claims(token)
    return Tokens(access=token, actor=actor, claims=claims)


def _provider(runtime: Runtime, verifier: TokenVerifier) -> Provider | None:
    settings = runtime.settings
    if settings.development_issuer:
        return Provider(
            issuer=settings.public_url,
            configuration_url=settings.public_url + WELL_KNOWN,
            client_id=Client.CONSOLE,
            client_secret=client_secret(settings.development_secret, Client.CONSOLE),
            verifier=verifier,
            transport=_ToOurselves(runtime),
        )
    if settings.oidc_issuer and settings.oidc_client_id:
        return Provider(
            issuer=settings.oidc_issuer,
            configuration_url=discovery_url(settings),
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            verifier=verifier,
        )
    return None
