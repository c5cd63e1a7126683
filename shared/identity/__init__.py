"""Who calls: signed tokens with person, roles and clinics, verified without asking.

A token is a JWT (RFC 9068). Its claims, besides the registered ones, are `roles`
(clinic id to role names), `network_roles` and `scope`.
"""

from shared.identity.issuing import AUDIENCE, TokenIssuer
from shared.identity.keyring import KeyRing
from shared.identity.keys import new_key, public_keys
from shared.identity.trusted import verifier_of
from shared.identity.verifying import (
    LEEWAY_SECONDS,
    LONGEST_TOKEN,
    REMEMBERED_TOKENS,
    TokenVerifier,
    TrustedIssuer,
)

__all__ = [
    "AUDIENCE",
    "LEEWAY_SECONDS",
    "LONGEST_TOKEN",
    "REMEMBERED_TOKENS",
    "KeyRing",
    "TokenIssuer",
    "TokenVerifier",
    "TrustedIssuer",
    "new_key",
    "public_keys",
    "verifier_of",
]
