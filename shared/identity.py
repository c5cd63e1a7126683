"""Who calls: signed tokens with person, roles and clinics, verified without asking.

A token is a JWT signed with ES256. Its claims, besides the registered ones, are
`roles` (clinic id to role names) and `network_roles`.
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from shared.access import Role
from shared.context import Actor
from shared.errors import UnauthenticatedError

AUDIENCE = "kap"
ALGORITHMS = ["ES256"]
LEEWAY_SECONDS = 30
REMEMBERED_TOKENS = 2048


def new_key() -> str:
    """A new private signing key, as a JWK document."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True)
    key.ensure_kid()
    return json.dumps(key.as_dict(private=True))


def public_keys(*private_keys: str) -> str:
    """The JWK set that verifies what these private keys sign."""
    keys = [ECKey.import_key(json.loads(text)) for text in private_keys]
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]})


class TokenIssuer:
    """Signs tokens with one private key."""

    def __init__(self, private_key: str, *, issuer: str) -> None:
        self._key = ECKey.import_key(json.loads(private_key))
        self._issuer = issuer

    def issue(
        self,
        actor: Actor,
        *,
        valid_for: timedelta = timedelta(hours=1),
        name: str | None = None,
    ) -> str:
        """A token for an actor; `name` is what pages show for a member of staff."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(actor.id),
            "iat": now,
            "nbf": now,
            "exp": now + int(valid_for.total_seconds()),
            "roles": {
                str(clinic_id): sorted(roles)
                for clinic_id, roles in actor.roles.items()
            },
            "network_roles": sorted(actor.network_roles),
        }
        if actor.scopes is not None:
            claims["scope"] = " ".join(sorted(actor.scopes))
        if name:
            claims["name"] = name
        header = {"alg": "ES256", "kid": self._key.kid, "typ": "JWT"}
        return jwt.encode(header, claims, self._key, algorithms=ALGORITHMS)


class TokenVerifier:
    """Verifies tokens of one issuer with its public keys.

    A verified token is remembered until it expires: the signature of the same text
    does not change, and checking it costs more than reading a row.
    """

    def __init__(self, keys: str, *, issuer: str) -> None:
        self._keys = KeySet.import_key_set(json.loads(keys))
        self._issuer = issuer
        self._known: OrderedDict[str, tuple[Mapping[str, Any], Actor]] = OrderedDict()
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
        if known is None:
            known = self._read(token)
            with self._lock:
                self._known[token] = known
                while len(self._known) > REMEMBERED_TOKENS:
                    self._known.popitem(last=False)
        now = time.time()
        claims = known[0]
        if not claims["nbf"] - LEEWAY_SECONDS <= now < claims["exp"] + LEEWAY_SECONDS:
            raise UnauthenticatedError("the bearer token is not valid at this time")
        return known

    def _read(self, token: str) -> tuple[Mapping[str, Any], Actor]:
        try:
            decoded = jwt.decode(token, self._keys, algorithms=ALGORITHMS)
            claims = decoded.claims
            if claims["iss"] != self._issuer or claims["aud"] != AUDIENCE:
                raise UnauthenticatedError("the bearer token is for somebody else")
            if not all(isinstance(claims[at], int | float) for at in ("nbf", "exp")):
                raise ValueError("no instants")
            return claims, _actor(claims)
        except (
            JoseError,
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            RecursionError,
        ) as error:
            raise UnauthenticatedError("the bearer token cannot be verified") from error


def _actor(claims: Mapping[str, Any]) -> Actor:
    return Actor(
        id=UUID(claims["sub"]),
        roles={
            UUID(clinic_id): frozenset(map(Role, names))
            for clinic_id, names in claims.get("roles", {}).items()
        },
        network_roles=frozenset(map(Role, claims.get("network_roles", []))),
        scopes=frozenset(claims["scope"].split()) if "scope" in claims else None,
    )
