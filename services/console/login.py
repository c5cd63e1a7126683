"""Signing in: a bearer token in a cookie that scripts cannot read.

Where the deployment has the development issuer, whoever asks gets a token: to try the
platform, never to run a clinic. Elsewhere the network's identity provider issues them.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from flask import Blueprint, Response, current_app, jsonify, request
from marshmallow import ValidationError, fields

from services.console.security import is_secure
from services.console.visitor import Visitor
from shared.access import Role
from shared.context import Actor
from shared.errors import InvalidError, NotFoundError, UnauthenticatedError
from shared.http import Body
from shared.http.door import MediaTypeError, current_runtime
from shared.http.schemas import TextField
from shared.identity import TokenIssuer, TokenVerifier
from shared.ids import uuid7

COOKIE = "kap_session"
LONGEST_TOKEN = 3_800
"""A cookie may have 4,096 bytes, its name and attributes included."""

WORKING_DAY = timedelta(hours=12)

development = Blueprint("development", __name__, url_prefix="/dev")


class TokenBody(Body):
    """Who a token is to speak for."""

    roles = fields.Dict(
        keys=fields.UUID(),
        values=fields.List(fields.Enum(Role, by_value=True)),
        load_default=dict,
    )
    network_roles = fields.List(fields.Enum(Role, by_value=True), load_default=list)
    name = TextField(load_default=None, allow_none=True, longest=80)
    subject = fields.UUID(load_default=None, allow_none=True)


_token_body = TokenBody()


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part somebody trying the platform may play."""

    role: Role
    name: str
    about: str

    @property
    def is_network(self) -> bool:
        """Whether it counts in the whole network, not in one clinic."""
        return self.role is Role.NETWORK_ADMIN


PARTS = (
    Part(role=Role.FRONT_DESK, name="Front desk", about="Arrivals, escorts, bookings"),
    Part(role=Role.THERAPIST, name="Therapist", about="Preparation and integration"),
    Part(role=Role.PRESCRIBER, name="Prescriber", about="Decisions, orders, doses"),
    Part(role=Role.MONITOR, name="Monitor", about="Vital signs during a session"),
    Part(role=Role.CLINIC_ADMIN, name="Clinic admin", about="Rooms and people"),
    Part(role=Role.NETWORK_ADMIN, name="Network admin", about="Clinics and operations"),
)


@development.post("/token")
def issue_token() -> Response:
    """A token for whoever asks; only where the development issuer is switched on."""
    demand_development()
    if not request.is_json:
        raise MediaTypeError
    try:
        body: dict[str, Any] = _token_body.load(request.get_json())
    except ValidationError as error:
        raise InvalidError(f"the request does not fit: {error.messages}") from error
    actor = Actor(
        id=body["subject"] or uuid7(),
        roles={key: frozenset(roles) for key, roles in body["roles"].items()},
        network_roles=frozenset(body["network_roles"]),
    )
    return jsonify(token=sign(actor, name=body["name"]))


@development.get("/about")
def about() -> Response:
    """What a demo needs to know of this deployment."""
    demand_development()
    host = current_runtime().settings.callback_host
    return jsonify(callback_host=host, development=True)


def is_development() -> bool:
    """Whether anybody may have a token."""
    return current_runtime().settings.development_issuer


def demand_development() -> None:
    """Refuse where tokens are issued elsewhere.

    Raises:
        NotFoundError: the development issuer is switched off.
    """
    if not is_development():
        raise NotFoundError("there is nothing here")


def play(role: Role, clinic_id: UUID | None) -> str:
    """The token of the made-up person who plays a part; always the same person.

    Raises:
        InvalidError: there is no such part, or it needs a clinic.
    """
    part = next((part for part in PARTS if part.role is role), None)
    if part is None or (clinic_id is None and not part.is_network):
        raise InvalidError("choose a clinic and a role", field="role")
    where = None if part.is_network else clinic_id
    only = frozenset({role})
    actor = Actor(
        id=uuid5(NAMESPACE_URL, f"kap:development:{where}:{role}"),
        roles={where: only} if where else {},
        network_roles=frozenset() if where else only,
    )
    return sign(actor, name=part.name)


def sign(actor: Actor, *, name: str | None) -> str:
    """A token for an actor, good for a working day."""
    settings = current_runtime().settings
    issuer = TokenIssuer(settings.signing_key, issuer=settings.token_issuer)
    return issuer.issue(actor, valid_for=WORKING_DAY, name=name)


def cookie_name() -> str:
    """Under TLS the browser itself guards the cookie, by the prefix of its name."""
    return f"__Host-{COOKIE}" if is_secure() else COOKIE


def sign_in(response: Response, token: str) -> Response:
    """Keep a token in the browser until it ends.

    Raises:
        InvalidError: it is longer than a cookie may be.
        UnauthenticatedError: it is not valid.
    """
    if len(token) > LONGEST_TOKEN:
        raise InvalidError("this token is too long for a browser", field="token")
    claims, _ = _verifier().claims(token)
    response.set_cookie(
        cookie_name(),
        token,
        max_age=max(0, int(claims["exp"] - time.time())),
        secure=is_secure(),
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def sign_out(response: Response) -> Response:
    """Forget the token."""
    response.delete_cookie(
        cookie_name(), secure=is_secure(), httponly=True, samesite="Lax", path="/"
    )
    return response


def visitor() -> Visitor:
    """Who is signed in.

    Raises:
        UnauthenticatedError: nobody, or the token has ended.
    """
    token = request.cookies.get(cookie_name())
    if not token:
        raise UnauthenticatedError
    claims, actor = _verifier().claims(token)
    return Visitor(
        token=token, actor=actor, name=str(claims.get("name") or "Signed in")
    )


def _verifier() -> TokenVerifier:
    verifier: TokenVerifier = current_app.extensions["kap_verifier"]
    return verifier
