"""Keys that tokens are signed and verified with: how they are made, and read."""

import json
from collections import Counter
from collections.abc import Mapping

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

Key = ECKey | OKPKey

CURVES: Mapping[str, type[Key]] = {"P-256": ECKey, "Ed25519": OKPKey}
ALGORITHMS = {"ES256": "P-256", "Ed25519": "Ed25519", "EdDSA": "Ed25519"}
"""What a token's header may name, and the curve its key must then be of."""


class Signatures(JWSRegistry):
    """The algorithms we accept, and no other.

    `EdDSA` is what most issuers still call Ed25519 (RFC 9864): here it means that curve
    only.
    """

    algorithms = {
        "ES256": JWSRegistry.algorithms["ES256"],
        "Ed25519": JWSRegistry.algorithms["Ed25519"],
        "EdDSA": JWSRegistry.algorithms["Ed25519"],
    }


class KeySetError(Exception):
    """A key set cannot be had, or is none."""


def new_key() -> str:
    """A new private signing key, as a JWK document."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True)
    key.ensure_kid()
    return json.dumps(key.as_dict(private=True))


def public_keys(*private_keys: str) -> str:
    """The JWK set that verifies what these private keys sign."""
    keys = [ECKey.import_key(json.loads(text)) for text in private_keys]
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]})


def read_key_set(text: str) -> Mapping[str, Key]:
    """The keys of a JWK set that may verify a token, by their ids.

    A key for something else, of another kind or without an id is passed over; two keys
    of one id are both of no use, for nobody can say which is meant.

    Raises:
        KeySetError: it is no JWK set.
    """
    try:
        listed = json.loads(text)["keys"]
        ids = Counter(jwk.get("kid") for jwk in listed)
        return {
            jwk["kid"]: CURVES[jwk["crv"]].import_key(_public(jwk))
            for jwk in listed
            if _may_verify(jwk) and ids[jwk["kid"]] == 1
        }
    except (
        JoseError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
    ) as error:
        raise KeySetError from error


def _may_verify(jwk: Mapping[str, str]) -> bool:
    crv, kid = jwk.get("crv"), jwk.get("kid")
    names = [name for name, curve in ALGORITHMS.items() if curve == crv]
    is_ours = bool(names) and jwk.get("kty") == ("EC" if crv == "P-256" else "OKP")
    said = jwk.get("alg", names[0] if names else None)
    return (
        is_ours
        and isinstance(kid, str)
        and bool(kid)
        and jwk.get("use", "sig") == "sig"
        and said in names
    )


def _public(jwk: Mapping[str, str]) -> dict[str, str | list[str]]:
    """What verifies, of a key; a private half given by mistake is left out."""
    return {name: jwk[name] for name in ("kty", "crv", "x", "y", "kid") if name in jwk}
