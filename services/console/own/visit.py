"""Coming in by a private link, by an invitation, and staying for an hour."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from services.console import security
from services.console.apis import Apis, Standing
from services.console.cookies import forget_own, keep_own, read_own
from services.console.visitor import Place
from shared.access import Role
from shared.errors import KapError, UnauthenticatedError
from shared.http.routes import current_runtime

OPEN = frozenset({"own.come_in", "own.invited", "own.accept", "own.leave"})
"""Where one may be without having come in."""

own = Blueprint("own", __name__, url_prefix="/own/<uuid:clinic_id>")


@own.before_request
def receive() -> None:
    """Find out which patient asks, before any page does anything.

    Raises:
        UnauthenticatedError: nobody has come in by a link of this clinic.
    """
    clinic_id = (request.view_args or {})["clinic_id"]
    token = read_own()
    security.demand_own_page(token or None)
    g.place = None
    g.token = token
    g.apis = Apis(current_runtime().peers, token, clinic_id)
    if request.endpoint in OPEN:
        return
    actor = current_app.extensions["kap_verifier"].verify(token)
    if Role.PATIENT not in actor.roles_in(clinic_id):
        raise UnauthenticatedError
    g.patient_id = actor.id
    person = g.apis.get("intake", f"/patients/{actor.id}")
    zone = ZoneInfo(person["time_zone"] or "UTC")
    g.place = Place(id=clinic_id, name="Your clinic", zone=zone)
    g.person = person


@own.app_context_processor
def frame() -> dict[str, Any]:
    """What the frame around a patient's pages shows."""
    token = g.get("token")
    return {"own_form_token": security.form_token(token) if token else ""}


@own.after_request
def tell_nobody(response: Response) -> Response:
    """No other site learns the address one came in by."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@own.errorhandler(UnauthenticatedError)
def ended(_error: KapError) -> Response:
    """The hour is over, or there was never a link."""
    response = make_response(render_template("own/ended.html"), 401)
    forget_own(response)
    return response


@own.get("/in/<code>")
def come_in(clinic_id: UUID, code: str) -> Any:
    """Come in by a private link; its code does not stay in the address."""
    answer = g.apis.post("intake", "/links/open", code=code)
    if not answer:
        is_away = answer.standing is Standing.AWAY
        return render_template("own/ended.html", away=is_away), 503 if is_away else 404
    return _stay(clinic_id, answer["token"])


@own.get("/invited/<code>")
def invited(clinic_id: UUID, code: str) -> str:
    """Who was invited says who they are."""
    return _registration(clinic_id, code)


@own.post("/invited/<code>")
def accept(clinic_id: UUID, code: str) -> Any:
    """Somebody becomes a patient, and goes on to the forms."""
    said = {
        name: request.form.get(name, "").strip() or None
        for name in ("given_name", "family_name", "birth_date", "email", "phone")
    }
    answer = g.apis.post("intake", "/invitations/accept", code=code, **_given(said))
    if not answer:
        return _registration(clinic_id, code, answer.detail), 422
    return _stay(clinic_id, answer["visit"]["token"])


@own.post("/leave")
def leave(clinic_id: UUID) -> Response:  # noqa: ARG001 - the address names it.
    """Somebody else may use this device."""
    response = make_response(render_template("own/ended.html", left=True))
    forget_own(response)
    return response


def _given(said: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in said.items() if value is not None}


def _registration(clinic_id: UUID, code: str, problem: str = "") -> str:
    return render_template(
        "own/invited.html", clinic_id=clinic_id, code=code, problem=problem
    )


def _stay(clinic_id: UUID, token: str) -> Response:
    response = make_response(redirect(url_for("own.home", clinic_id=clinic_id), 303))
    keep_own(response, token)
    return response
