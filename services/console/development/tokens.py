"""What the issuer gives for a code, and what programs get by their secret."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Request
from marshmallow import ValidationError, fields

from services.console.development import people
from services.console.development.asking import Codes
from services.console.development.clients import (
    GRANTS,
    INTEGRATOR_SCOPES,
    Client,
    authenticated,
)
from shared.access import Role
from shared.context import Actor
from shared.errors import UnauthenticatedError
from shared.http import Body
from shared.http.schemas import TextField
from shared.identity import TokenIssuer
from shared.identity.trusted import OUTSIDE_IN_CLINICS, OUTSIDE_IN_NETWORK
from shared.ids import uuid7
from shared.settings import Settings

WORKING_DAY = timedelta(hours=12)
MACHINES_HOUR = timedelta(hours=1)
ID_TOKEN_LIFE = timedelta(minutes=10)

Clinics = Callable[[], Iterable[Mapping[str, Any]]]


class RefusedError(Exception):
    """A token is not given, for a reason that OAuth 2 has a word for."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(message)


class WishBody(Body):
    """Whom the demo wants to be; nobody else may wish."""

    roles = fields.Dict(
        keys=fields.UUID(),
        values=fields.List(fields.Enum(Role, by_value=True)),
        load_default=dict,
    )
    network_roles = fields.List(fields.Enum(Role, by_value=True), load_default=list)
    name = TextField(load_default=None, allow_none=True, longest=80)
    subject = fields.UUID(load_default=None, allow_none=True)


_wish_body = WishBody()


def granted(
    request: Request, settings: Settings, codes: Codes, clinics: Clinics
) -> dict[str, Any]:
    """The token a program asks for.

    Raises:
        RefusedError: it is not given.
    """
    client = authenticated(request, settings.development_secret)
    if client is None:
        raise RefusedError("invalid_client", "no program knows this secret", 401)
    grant = request.form.get("grant_type")
    if grant not in GRANTS.values():
        raise RefusedError("unsupported_grant_type", "there is no such grant")
    if grant != GRANTS[client]:
        raise RefusedError("unauthorized_client", "this program may not ask that way")
    issuer = TokenIssuer(settings.signing_key, issuer=settings.public_url)
    if client is Client.CONSOLE:
        return _for_code(request.form, issuer, codes, clinics)
    if client is Client.DEMO:
        return _for_demo(request.form, issuer)
    return _for_integrator(request.form, issuer, clinics)


def _for_code(
    form: Mapping[str, str], issuer: TokenIssuer, codes: Codes, clinics: Clinics
) -> dict[str, Any]:
    try:
        asked, key = codes.redeem(
            form.get("code", ""),
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )
    except UnauthenticatedError as error:
        raise RefusedError("invalid_grant", error.message) from error
    person = people.person(key, clinics())
    if person is None:
        raise RefusedError("invalid_grant", "there is no such person any more")
    claims = {
        "aud": Client.CONSOLE,
        "azp": Client.CONSOLE,
        "sub": str(person.actor.id),
        "nonce": asked.nonce,
        "name": person.name,
    }
    said = _given(
        issuer, person.actor, WORKING_DAY, client=Client.CONSOLE, name=person.name
    )
    return {**said, "id_token": issuer.sign(claims, valid_for=ID_TOKEN_LIFE)}


def _for_demo(form: Mapping[str, str], issuer: TokenIssuer) -> dict[str, Any]:
    """A token for whomever the demo wants to be: only this program may ask so."""
    try:
        wish = _wish_body.load(json.loads(form.get("wish", "{}")))
    except (ValidationError, ValueError, RecursionError) as error:
        raise RefusedError("invalid_request", "the wish does not fit") from error
    actor = Actor(
        id=wish["subject"] or uuid7(),
        roles={key: frozenset(roles) for key, roles in wish["roles"].items()},
        network_roles=frozenset(wish["network_roles"]),
        scopes=people.SCOPES,
    )
    in_clinics = frozenset[Role]().union(*actor.roles.values())
    if not (
        in_clinics <= OUTSIDE_IN_CLINICS and actor.network_roles <= OUTSIDE_IN_NETWORK
    ):
        raise RefusedError("invalid_request", "nobody outside may have such a role")
    return _given(issuer, actor, WORKING_DAY, client=Client.DEMO, name=wish["name"])


def _for_integrator(
    form: Mapping[str, str], issuer: TokenIssuer, clinics: Clinics
) -> dict[str, Any]:
    """A token for the example of another program, in every clinic there is now."""
    scopes = frozenset(form.get("scope", "").split())
    if not scopes or not scopes <= INTEGRATOR_SCOPES:
        known = " ".join(sorted(INTEGRATOR_SCOPES))
        raise RefusedError("invalid_scope", f"ask for one of: {known}")
    only = frozenset({Role.INTEGRATOR})
    actor = Actor(
        id=people.id_of(Client.INTEGRATOR),
        roles={UUID(clinic["id"]): only for clinic in clinics()},
        scopes=scopes,
    )
    return _given(issuer, actor, MACHINES_HOUR, client=Client.INTEGRATOR)


def _given(
    issuer: TokenIssuer,
    actor: Actor,
    life: timedelta,
    *,
    client: Client,
    name: str | None = None,
) -> dict[str, Any]:
    return {
        "access_token": issuer.issue(actor, valid_for=life, name=name, client=client),
        "token_type": "Bearer",
        "expires_in": int(life.total_seconds()),
        "scope": " ".join(sorted(actor.scopes or ())),
    }
