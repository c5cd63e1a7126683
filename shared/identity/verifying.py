"""Tokens verified offline: whose signature, for whom, for now, and what it may say."""

import base64
import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError

from shared.access import Role
from shared.context import Actor
from shared.errors import UnauthenticatedError
from shared.identity.issuing import AUDIENCE
from shared.identity.keyring import KeyRing
from shared.identity.keys import ALGORITHMS, Key, Signatures

LEEWAY_SECONDS = 30
LONGEST_TOKEN = 8_192
REMEMBERED_TOKENS = 2048

KEYS_OF_ITS_OWN = frozenset({"jku", "jwk", "x5u", "x5c", "crit"})
"""Headers by which a token would bring its own key, or rules that we do not know."""

SIGN_IN_SCOPES = frozenset(
    {"openid", "profile", "email", "address", "phone", "offline_access"}
)
"""Scopes of OpenID Connect itself. They say nothing about what may be done here."""

_MALFORMED = (
    JoseError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    OverflowError,
)


@dataclass(frozen=True, kw_only=True)
class TrustedIssuer:
    """An issuer whose tokens count, and what it may say of people and machines.

    Args:
        name: its `iss`.
        clinic_roles: the roles it may give in a clinic.
        network_roles: the roles it may give in the network.
        limits_integrators: whether an integrator may do only what a token names.
    """

    name: str
    ring: KeyRing
    clinic_roles: frozenset[Role]
    network_roles: frozenset[Role]
    limits_integrators: bool = True


class Known(NamedTuple):
    """A token that was verified, and with which key."""

    claims: Mapping[str, Any]
    actor: Actor
    ring: KeyRing
    key: Key


class TokenVerifier:
    """Verifies tokens of the issuers it trusts.

    A verified token is remembered until it expires or its key is withdrawn: the
    signature of the same text does not change, and checking it costs more than reading
    a row.
    """

    def __init__(
        self, *issuers: TrustedIssuer, clock: Callable[[], float] = time.time
    ) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._clock = clock
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._lock = threading.Lock()

    def verify(self, token: str) -> Actor:
        """Who a token speaks for.

        Raises:
            UnauthenticatedError: it is not ours, altered, not valid yet or no more.
        """
        return self.claims(token)[1]

    def claims(self, token: str) -> tuple[Mapping[str, Any], Actor]:
        """A token's claims, and who it speaks for.

        Raises:
            UnauthenticatedError: it is not ours, altered, not valid yet or no more.
        """
        known = self._known.get(token)
        if known is None or known.ring.current(str(known.key.kid)) is not known.key:
            known = self._read(token)
            with self._lock:
                self._known[token] = known
                while len(self._known) > REMEMBERED_TOKENS:
                    self._known.popitem(last=False)
        _demand_now(known.claims, self._clock())
        return known.claims, known.actor

    def statement(self, token: str, *, issuer: str, audience: str) -> Mapping[str, Any]:
        """What a trusted issuer says to a client of its own, as in an id token.

        Raises:
            UnauthenticatedError: it does not say it, or not to this client, or not now.
        """
        try:
            claims, _, _ = self._signed(token, self._issuers[issuer])
            _demand_audience(claims, audience)
        except _MALFORMED as error:
            raise UnauthenticatedError("the statement cannot be verified") from error
        _demand_now(claims, self._clock())
        return claims

    def _read(self, token: str) -> Known:
        with self._lock:
            self._known.pop(token, None)
        try:
            # Whose keys to use is read before anything is believed; that they fit
            # proves it.
            issuer = self._issuers[_part(token, 1)["iss"]]
            claims, ring, key = self._signed(token, issuer)
            _demand_audience(claims, AUDIENCE)
            return Known(claims, _actor(claims, issuer), ring, key)
        except _MALFORMED as error:
            raise UnauthenticatedError("the bearer token cannot be verified") from error

    def _signed(
        self, token: str, issuer: TrustedIssuer
    ) -> tuple[Mapping[str, Any], KeyRing, Key]:
        """The claims of a token that a key of this issuer has signed."""
        if len(token) > LONGEST_TOKEN:
            raise ValueError("it is too long")
        header = _part(token, 0)
        if KEYS_OF_ITS_OWN & header.keys():
            raise ValueError("it names keys of its own")
        key = issuer.ring.find(header["kid"])
        curve = ALGORITHMS[header["alg"]]
        if key is None or key.curve_name != curve:
            raise ValueError("there is no such key")
        read = jwt.decode(token, key, registry=Signatures(algorithms=[header["alg"]]))
        if read.claims["iss"] != issuer.name:
            raise ValueError("it is of another issuer")
        _demand_instants(read.claims)
        return read.claims, issuer.ring, key


def _part(token: str, number: int) -> Mapping[str, Any]:
    """The header or the claims of a token, not verified."""
    header, claims, signature = token.encode("ascii").split(b".")
    text = (header, claims, signature)[number]
    read = json.loads(base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)))
    if not isinstance(read, dict):
        raise TypeError("no object")
    return read


def _demand_instants(claims: Mapping[str, Any]) -> None:
    for value in (claims["iat"], claims["exp"], claims.get("nbf", 0)):
        if type(value) not in (int, float) or not math.isfinite(value):
            raise TypeError("no instant")


def _demand_audience(claims: Mapping[str, Any], audience: str) -> None:
    said = claims["aud"]
    if said != audience and not (isinstance(said, list) and audience in said):
        raise ValueError("it is for somebody else")


def _demand_now(claims: Mapping[str, Any], now: float) -> None:
    """Refuse what is not valid at this time, with some grace for clocks."""
    begins = max(claims["iat"], claims.get("nbf", 0))
    if not begins - LEEWAY_SECONDS <= now < claims["exp"] + LEEWAY_SECONDS:
        raise UnauthenticatedError("the bearer token is not valid at this time")


def _actor(claims: Mapping[str, Any], issuer: TrustedIssuer) -> Actor:
    actor = Actor(
        id=UUID(claims["sub"]),
        roles={
            UUID(clinic_id): frozenset(map(Role, names))
            for clinic_id, names in claims.get("roles", {}).items()
        },
        network_roles=frozenset(map(Role, claims.get("network_roles", []))),
        scopes=_scopes(claims, issuer),
    )
    in_clinics = frozenset[Role]().union(*actor.roles.values())
    if not (
        in_clinics <= issuer.clinic_roles
        and actor.network_roles <= issuer.network_roles
    ):
        raise ValueError("this issuer may not give that role")
    return actor


def _scopes(claims: Mapping[str, Any], issuer: TrustedIssuer) -> frozenset[str] | None:
    """What a token limits its roles to; None if to nothing.

    A token that only says that somebody signed in sets no limit, except that a machine
    of outside may do what its token names and nothing else.
    """
    said = claims.get("scope")
    named = frozenset(said.split()) if said is not None else frozenset[str]()
    ours = named - SIGN_IN_SCOPES
    listed = [*claims.get("roles", {}).values(), claims.get("network_roles", [])]
    is_outside = issuer.limits_integrators and any(
        Role.INTEGRATOR in names for names in listed
    )
    if not ours and not is_outside and (said is None or "openid" in named):
        return None
    return ours
