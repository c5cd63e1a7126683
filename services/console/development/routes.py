"""The issuer's addresses: its configuration and keys, its page, its tokens."""

import json
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)

from services.console import security
from services.console.development import people
from services.console.development.asking import Codes, asked_in
from services.console.development.tokens import RefusedError, granted
from shared.errors import InvalidError, KapError, NotFoundError
from shared.http.routes import current_runtime
from shared.identity import public_keys
from shared.settings import Settings, is_loopback

development = Blueprint("development", __name__)


@development.before_request
def receive() -> None:
    """Be there only where the issuer is switched on, and for this machine only.

    Another site can have its own name lead here, but not by a name of this machine.

    Raises:
        NotFoundError: there is no such issuer, or none for whoever asks.
    """
    if not _settings().development_issuer or not is_loopback(request.host):
        raise NotFoundError("there is nothing here")
    if request.endpoint == "development.sign_in":
        security.demand_own_page(None)


@development.get("/.well-known/openid-configuration")
def configuration() -> Response:
    """What a client needs to know of this issuer."""
    here = _settings().public_url
    return jsonify(
        issuer=here,
        authorization_endpoint=f"{here}/oauth/authorize",
        token_endpoint=f"{here}/oauth/token",
        jwks_uri=f"{here}/oauth/jwks",
        response_types_supported=["code"],
        grant_types_supported=["authorization_code", "client_credentials"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=["ES256"],
        code_challenge_methods_supported=["S256"],
        scopes_supported=["openid", "profile"],
        token_endpoint_auth_methods_supported=[
            "client_secret_basic",
            "client_secret_post",
        ],
        authorization_response_iss_parameter_supported=True,
    )


@development.get("/oauth/jwks")
def keys() -> Response:
    """The keys its tokens are verified with."""
    return jsonify(json.loads(public_keys(_settings().signing_key)))


@development.get("/oauth/authorize")
def choose() -> Response:
    """Choose whom to be."""
    asked = asked_in(request.args)
    page = render_template(
        "development.html",
        teams=people.teams(clinics()),
        page=codes().page_for(asked),
    )
    answer = make_response(page)
    # The form leads back to where it was asked for, by another name of this machine.
    own = f"form-action 'self' {asked.origin}"
    policy = security.POLICY.replace("form-action 'self'", own)
    answer.headers["Content-Security-Policy"] = policy
    return answer


@development.post("/oauth/authorize")
def sign_in() -> Any:
    """Sign in as the chosen person.

    Raises:
        InvalidError: there is no such person.
    """
    asked = codes().asked_on(request.form.get("page", ""))
    key = request.form.get("person", "")
    if people.person(key, clinics()) is None:
        raise InvalidError("there is no such person any more", field="person")
    code = codes().code_for(asked, key)
    return redirect(asked.answer(code=code, iss=_settings().public_url), 303)


@development.post("/oauth/token")
def give_token() -> tuple[Response, int]:
    """A token for a program that knows its secret."""
    try:
        given = granted(request, _settings(), codes(), clinics)
    except RefusedError as refusal:
        answer = jsonify(error=refusal.code, error_description=refusal.message)
        if refusal.status == 401:
            answer.headers["WWW-Authenticate"] = 'Basic realm="kap"'
        return answer, refusal.status
    return jsonify(given), 200


@development.get("/dev/about")
def about() -> Response:
    """What a demo needs to know of this deployment."""
    return jsonify(callback_host=_settings().callback_host, development=True)


def clinics() -> list[dict[str, Any]]:
    """Every clinic, asked for by the console itself: nobody is signed in yet."""
    try:
        answer = current_runtime().peers.get("scheduling", "/v1/clinics")
    except KapError:
        return []
    return list(answer["items"])


def codes() -> Codes:
    """The codes of this process."""
    made: Codes = current_app.extensions["kap_development_codes"]
    return made


def _settings() -> Settings:
    return current_runtime().settings
