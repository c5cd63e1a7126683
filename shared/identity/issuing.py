"""Signing tokens: what the deployment itself says of who calls."""

import json
import time
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from shared.context import Actor
from shared.ids import uuid7

AUDIENCE = "kap"


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
        client: str | None = None,
    ) -> str:
        """A token for an actor.

        Args:
            name: what pages show for a member of staff.
            client: the program or service it is made for.
        """
        claims: dict[str, Any] = {
            "aud": AUDIENCE,
            "sub": str(actor.id),
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
        if client:
            claims["client_id"] = client
        return self.sign(claims, valid_for=valid_for)

    def sign(self, claims: dict[str, Any], *, valid_for: timedelta) -> str:
        """A token with these claims and those that every token of ours has."""
        now = int(time.time())
        registered = {
            "iss": self._issuer,
            "iat": now,
            "nbf": now,
            "exp": now + int(valid_for.total_seconds()),
            "jti": str(uuid7()),
        }
        header = {"alg": "ES256", "kid": self._key.kid, "typ": "JWT"}
        return jwt.encode(header, claims | registered, self._key, algorithms=["ES256"])
