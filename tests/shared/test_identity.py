"""Only a token that our issuer signed, for us, and for now, opens anything."""

import base64
import hmac
import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.access import Role
from shared.context import Actor
from shared.errors import UnauthenticatedError
from shared.identity import (
    LEEWAY_SECONDS,
    REMEMBERED_TOKENS,
    TokenIssuer,
    TokenVerifier,
    new_key,
    public_keys,
)
from shared.ids import uuid7

KEY = new_key()
ISSUER = TokenIssuer(KEY, issuer="kap")
CLINIC = uuid7()
NURSE = Actor(
    id=uuid7(),
    roles={CLINIC: frozenset({Role.MONITOR, Role.FRONT_DESK})},
    network_roles=frozenset({Role.INTEGRATOR}),
)


@pytest.fixture
def verifier() -> TokenVerifier:
    """A verifier that has seen no token yet."""
    return TokenVerifier(public_keys(KEY), issuer="kap")


def signed(key: str = KEY, /, **changes: Any) -> str:
    """A token our key signed, with some claims changed or gone."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": "kap",
        "aud": "kap",
        "sub": str(NURSE.id),
        "nbf": now,
        "exp": now + 600,
        "roles": {str(CLINIC): ["monitor"]},
        "network_roles": [],
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    private = ECKey.import_key(json.loads(key))
    header = {"alg": "ES256", "kid": private.kid}
    return jwt.encode(header, claims, private, algorithms=["ES256"])


def assembled(header: object, claims: object, signature: bytes = b"") -> str:
    """A token put together by hand."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts
    )


def test_a_token_speaks_for_whom_it_was_issued(verifier: TokenVerifier) -> None:
    token = ISSUER.issue(NURSE, name="N. Urse")

    claims, actor = verifier.claims(token)

    assert actor == NURSE
    assert claims["name"] == "N. Urse"
    assert verifier.verify(token) == NURSE


def test_roles_count_in_their_clinic_and_network_roles_everywhere(
    verifier: TokenVerifier,
) -> None:
    actor = verifier.verify(ISSUER.issue(NURSE))

    assert actor.roles_in(CLINIC) == {Role.MONITOR, Role.FRONT_DESK, Role.INTEGRATOR}
    assert actor.roles_in(uuid7()) == {Role.INTEGRATOR}
    assert actor.roles_in(None) == {Role.INTEGRATOR}


def test_a_token_signed_with_a_key_about_to_be_replaced_still_counts() -> None:
    both = TokenVerifier(public_keys(new_key(), KEY), issuer="kap")

    assert both.verify(ISSUER.issue(NURSE)) == NURSE


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - LEEWAY_SECONDS - 5},
        {"nbf": int(time.time()) + LEEWAY_SECONDS + 600},
        {"exp": float("nan")},
        {"exp": None},
        {"nbf": None},
        {"exp": "tomorrow"},
        {"exp": "99999999999"},
        {"nbf": [1]},
        {"aud": "another platform"},
        {"aud": None},
        {"iss": "somebody else"},
        {"iss": None},
        {"sub": "somebody"},
        {"sub": None},
        {"sub": 5},
        {"roles": ["monitor"]},
        {"roles": {"here": ["monitor"]}},
        {"roles": {str(CLINIC): ["queen"]}},
        {"roles": {str(CLINIC): 5}},
        {"network_roles": ["queen"]},
        {"network_roles": 5},
    ],
    ids=range(21),
)
def test_a_token_with_claims_that_are_not_for_us_is_refused(
    changes: dict[str, Any], verifier: TokenVerifier
) -> None:
    token = signed(**changes)

    with pytest.raises(UnauthenticatedError):
        verifier.verify(token)


def test_a_token_that_was_known_is_refused_once_it_expires(
    verifier: TokenVerifier,
) -> None:
    token = signed(exp=int(time.time()) - LEEWAY_SECONDS + 1)
    assert verifier.verify(token).id == NURSE.id

    time.sleep(1.2)

    with pytest.raises(UnauthenticatedError, match="not valid at this time"):
        verifier.verify(token)


def test_a_clock_that_is_a_little_off_does_no_harm(verifier: TokenVerifier) -> None:
    now = int(time.time())

    assert verifier.verify(signed(nbf=now + LEEWAY_SECONDS - 5)).id == NURSE.id
    assert verifier.verify(signed(exp=now - LEEWAY_SECONDS + 5)).id == NURSE.id


def test_a_token_without_a_signature_is_refused(verifier: TokenVerifier) -> None:
    claims = jwt.decode(signed(), ECKey.import_key(json.loads(KEY))).claims

    for header in ({"alg": "none"}, {"alg": "None", "typ": "JWT"}, {}):
        with pytest.raises(UnauthenticatedError):
            verifier.verify(assembled(header, claims))


def test_our_public_key_is_no_password(verifier: TokenVerifier) -> None:
    public = ECKey.import_key(json.loads(KEY))
    claims = jwt.decode(signed(), public).claims
    for secret in (public.as_pem(private=False), public_keys(KEY).encode()):
        unsigned = assembled({"alg": "HS256", "kid": public.kid}, claims)[:-1]
        signature = hmac.digest(secret, unsigned.encode(), "sha256")
        token = assembled({"alg": "HS256", "kid": public.kid}, claims, signature)
        assert token.startswith(unsigned)

        with pytest.raises(UnauthenticatedError):
            verifier.verify(token)


def test_a_token_signed_with_another_key_is_refused(verifier: TokenVerifier) -> None:
    other = new_key()
    borrowed = {**json.loads(other), "kid": json.loads(KEY)["kid"]}

    for key in (other, json.dumps(borrowed)):
        with pytest.raises(UnauthenticatedError):
            verifier.verify(signed(key))


def test_a_token_that_was_altered_is_refused(verifier: TokenVerifier) -> None:
    header, _, signature = signed().split(".")
    claims = jwt.decode(signed(), ECKey.import_key(json.loads(KEY))).claims
    better = assembled({}, {**claims, "network_roles": ["network_admin"]}).split(".")[1]

    with pytest.raises(UnauthenticatedError):
        verifier.verify(f"{header}.{better}.{signature}")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "..",
        "a.b.c.d.e",
        "é.é.é",
        "\x00",
        "=" * 4000,
        assembled([], {}),
        assembled({"alg": ["ES256"]}, {}),
        assembled({"alg": "ES256", "kid": {"a": 1}}, {}),
        assembled({"alg": "ES256", "crit": ["exp"]}, {}),
        base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.e30",
    ],
    ids=range(13),
)
def test_what_is_no_token_is_refused(token: str, verifier: TokenVerifier) -> None:
    with pytest.raises(UnauthenticatedError):
        verifier.verify(token)


def test_no_more_tokens_are_remembered_than_fit(verifier: TokenVerifier) -> None:
    token = ISSUER.issue(NURSE)
    verifier._known.update(
        {str(number): ({}, NURSE) for number in range(REMEMBERED_TOKENS)}
    )

    verifier.verify(token)

    assert len(verifier._known) == REMEMBERED_TOKENS
    assert token in verifier._known


def test_a_public_key_set_holds_no_private_key() -> None:
    for key in json.loads(public_keys(KEY, new_key()))["keys"]:
        assert "d" not in key
        assert key["kid"]


def test_a_token_lives_as_long_as_it_was_issued_for(verifier: TokenVerifier) -> None:
    claims, _ = verifier.claims(ISSUER.issue(NURSE, valid_for=timedelta(minutes=5)))

    assert claims["exp"] - claims["nbf"] == 300
    assert UUID(claims["sub"]) == NURSE.id
