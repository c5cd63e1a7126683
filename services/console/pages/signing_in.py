"""Signing in and out."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.console import login
from services.console.pages.site import site
from shared.access import Role
from shared.errors import InvalidError, KapError, UnauthenticatedError
from shared.http.routes import current_runtime


@site.get("/login")
def sign_in() -> str:
    """Choose a part to play, or learn where people sign in."""
    return _page()


@site.post("/login")
def enter() -> Response | tuple[str, int]:
    """Keep the token of the chosen part, or the one that was pasted."""
    try:
        token = request.form.get("token", "").strip() or _played()
        return login.sign_in(redirect(_onward(), 303), token)  # type: ignore[arg-type]
    except (InvalidError, UnauthenticatedError) as error:
        return _page(problem=error.message), error.status


@site.post("/logout")
def leave() -> Response:
    """Forget who was here."""
    return login.sign_out(redirect(url_for("site.sign_in"), 303))  # type: ignore[arg-type]


def _page(problem: str = "") -> str:
    development = login.is_development()
    return render_template(
        "login.html",
        development=development,
        clinics=_all_clinics() if development else [],
        parts=login.PARTS,
        onward=request.values.get("next", ""),
        problem=problem,
    )


def _all_clinics() -> list[dict[str, Any]]:
    """Every clinic, asked for by the console itself: nobody is signed in yet."""
    try:
        answer = current_runtime().peers.get("scheduling", "/v1/clinics")
    except KapError:
        return []
    return list(answer["items"])


def _played() -> str:
    login.demand_development()
    try:
        role = Role(request.form.get("role", ""))
        chosen = request.form.get("clinic_id", "")
        clinic_id = UUID(chosen) if chosen else None
    except ValueError as error:
        raise InvalidError("choose a clinic and a role", field="role") from error
    return login.play(role, clinic_id)


def _onward() -> str:
    """Where to go then: a path of our own, whatever was asked for."""
    asked = request.form.get("next", "")
    parts = urlsplit(asked)
    is_ours = asked.startswith("/") and not asked.startswith(("//", "/\\"))
    if is_ours and not parts.netloc and not parts.scheme:
        return asked
    return url_for("site.home")
