"""Signing in and out."""

from typing import Any
from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request, url_for

from services.console import cookies, login
from services.console.pages.site import site
from services.console.provider import SignInError
from shared.errors import InvalidError, KapError, NotFoundError, UnauthenticatedError


@site.get("/login")
def sign_in() -> Any:
    """Where one signs in; to try the platform there is nothing to ask first."""
    if login.is_development():
        return redirect(url_for("site.start", next=_onward()), 303)
    return _page()


@site.post("/login")
def enter() -> Any:
    """Keep a token that was pasted, where nobody else signs people in."""
    if login.provider() is not None:
        raise NotFoundError("there is nothing here")
    try:
        token = request.form.get("token", "").strip()
        return login.sign_in_by_hand(_to(_onward()), token)
    except (InvalidError, UnauthenticatedError) as error:
        return _page(problem=error.message), error.status


@site.get("/login/start")
def start() -> Any:
    """To the identity provider."""
    provider = login.provider()
    if provider is None:
        return redirect(url_for("site.sign_in"), 303)
    try:
        url, started = provider.begin(
            redirect_uri=login.redirect_uri(), onward=_onward()
        )
    except KapError as error:
        return _page(problem=error.message), error.status
    response = _to(url)
    cookies.keep_started(response, started)
    return response


@site.get("/login/callback")
def come_back() -> Any:
    """From the identity provider, with what it says of somebody."""
    try:
        provider, started = login.provider(), cookies.read_started()
        if provider is None:
            raise SignInError
        tokens = provider.finish(started, request.args.to_dict())
        response = login.sign_in(_to(started.onward), tokens)
    except KapError as error:
        response = make_response(_page(problem=error.message), _status_of(error))
    else:
        if not tokens.actor.all_roles:
            words = "you have no role in this network yet; ask its administrator"
            response = make_response(_page(problem=words), 403)
    cookies.forget_started(response)
    return response


@site.post("/logout")
def leave() -> Any:
    """Forget who was here, and let the provider forget them too."""
    back, provider = url_for("site.signed_out"), login.provider()
    url = None
    if provider is not None:
        url = provider.end_url(id_token=_id_token(), back=login.own_origin() + back)
    if url is None:
        return login.sign_out(_to(back))
    # A form may not lead to another site, so a page does.
    return login.sign_out(make_response(render_template("signed_out.html", url=url)))


@site.get("/signed-out")
def signed_out() -> str:
    """Where one ends; nobody is signed in again unasked."""
    return render_template("signed_out.html", url=None)


def _page(problem: str = "") -> str:
    return render_template(
        "login.html",
        has_provider=login.provider() is not None,
        onward=_onward(),
        problem=problem,
    )


def _status_of(error: KapError) -> int:
    """Nobody is signed in, whatever went wrong; a silent provider refuses nobody."""
    return error.status if error.status in (401, 503) else 401


def _id_token() -> str | None:
    try:
        return cookies.read_visit().id_token
    except UnauthenticatedError:
        return None


def _to(where: str) -> Any:
    return redirect(where, 303)


def _onward() -> str:
    """Where to go then: a path of our own, whatever was asked for."""
    asked = request.values.get("next", "")
    parts = urlsplit(asked)
    is_ours = asked.startswith("/") and not asked.startswith(("//", "/\\"))
    if is_ours and not parts.netloc and not parts.scheme and asked.isprintable():
        return asked
    return url_for("site.home")
