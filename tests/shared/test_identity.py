"""Only a token that our issuer signed, for us, and for now, opens anything."""

import base64
import hmac
import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from shared.access import Role
from shared.context import Actor
from shared.errors import UnauthenticatedError
from shared.identity import (
    LEEWAY_SECONDS,
    LONGEST_TOKEN,
    REMEMBERED_TOKENS,
    KeyRing,
    TokenIssuer,
    TokenVerifier,
    TrustedIssuer,
    new_key,
    public_keys,
)
from shared.identity.trusted import OUTSIDE_IN_CLINICS, OUTSIDE_IN_NETWORK
from shared.ids import uuid7

KEY = new_key()
ISSUER = TokenIssuer(KEY, issuer="kap")
CLINIC = uuid7()
NURSE = Actor(
    id=uuid7(),
    roles={CLINIC: frozenset({Role.MONITOR, Role.FRONT_DESK})},
    network_roles=frozenset({Role.INTEGRATOR}),
)


PROVIDER = "https://identity.example/realms/kap"
PROVIDER_KEY = new_key()


def trusting(*private_keys: str) -> TokenVerifier:
    """A verifier of the deployment's own tokens, that has seen none yet."""
    return TokenVerifier(own(KeyRing(public_keys(*private_keys))))


def own(ring: KeyRing) -> TrustedIssuer:
    """The deployment itself."""
    every = frozenset(Role)
    return TrustedIssuer(
        name="kap",
        ring=ring,
        clinic_roles=every,
        network_roles=every,
        limits_integrators=False,
    )


def provider() -> TrustedIssuer:
    """An identity provider with a key of its own."""
    return TrustedIssuer(
        name=PROVIDER,
        ring=KeyRing(public_keys(PROVIDER_KEY)),
        clinic_roles=OUTSIDE_IN_CLINICS,
        network_roles=OUTSIDE_IN_NETWORK,
    )


@pytest.fixture
def verifier() -> TokenVerifier:
    """A verifier that has seen no token yet."""
    return trusting(KEY)


@pytest.fixture
def both() -> TokenVerifier:
    """A verifier that trusts the deployment and an identity provider."""
    return TokenVerifier(own(KeyRing(public_keys(KEY))), provider())


def signed(key: str = KEY, /, **changes: Any) -> str:
    """A token our key signed, with some claims changed or gone."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": "kap",
        "aud": "kap",
        "sub": str(NURSE.id),
        "iat": now,
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
    several = trusting(new_key(), KEY)

    assert several.verify(ISSUER.issue(NURSE)) == NURSE


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - LEEWAY_SECONDS - 5},
        {"nbf": int(time.time()) + LEEWAY_SECONDS + 600},
        {"exp": float("nan")},
        {"nbf": float("nan")},
        {"exp": float("inf")},
        {"exp": True},
        {"exp": 10**400},
        {"exp": None},
        {"iat": None},
        {"iat": int(time.time()) + LEEWAY_SECONDS + 600},
        {"exp": "tomorrow"},
        {"exp": "99999999999"},
        {"nbf": [1]},
        {"aud": "another platform"},
        {"aud": None},
        {"aud": ["another platform"]},
        {"aud": {"kap": 1}},
        {"iss": "somebody else"},
        {"iss": None},
        {"iss": ["kap"]},
        {"scope": 5},
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
    ids=range(30),
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
        assembled({"alg": "ES256"}, {"iss": "kap"}),
        assembled({"alg": "ES256", "kid": 1}, {"iss": "kap"}),
        base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.e30",
    ],
    ids=range(15),
)
def test_what_is_no_token_is_refused(token: str, verifier: TokenVerifier) -> None:
    with pytest.raises(UnauthenticatedError):
        verifier.verify(token)


def test_no_more_tokens_are_remembered_than_fit(verifier: TokenVerifier) -> None:
    first, last = ISSUER.issue(NURSE), ISSUER.issue(NURSE)
    verifier.verify(first)
    known = verifier._known[first]
    verifier._known.update({str(n): known for n in range(REMEMBERED_TOKENS - 1)})

    verifier.verify(last)

    assert len(verifier._known) == REMEMBERED_TOKENS
    assert last in verifier._known
    assert first not in verifier._known


def test_a_public_key_set_holds_no_private_key() -> None:
    for key in json.loads(public_keys(KEY, new_key()))["keys"]:
        assert "d" not in key
        assert key["kid"]


def test_a_token_lives_as_long_as_it_was_issued_for(verifier: TokenVerifier) -> None:
    claims, _ = verifier.claims(ISSUER.issue(NURSE, valid_for=timedelta(minutes=5)))

    assert claims["exp"] - claims["nbf"] == 300
    assert UUID(claims["sub"]) == NURSE.id


@pytest.mark.parametrize("name", ["EdDSA", "Ed25519"])
def test_ed25519_counts_by_its_old_and_its_new_name(name: str) -> None:
    key = OKPKey.generate_key("Ed25519", {"use": "sig"}, private=True)
    key.ensure_kid()
    verifier = TokenVerifier(own(KeyRing(key_set(key.as_dict(private=False)))))
    claims = jwt.decode(signed(), ECKey.import_key(json.loads(KEY))).claims
    # The library warns of the old name where it signs, so the header is put in later.
    header = {"alg": name, "kid": key.kid}
    unsigned = assembled(header, claims).rpartition(".")[0]
    private = key.get_op_key("sign")
    assert isinstance(private, Ed25519PrivateKey)
    signature = private.sign(unsigned.encode())

    assert verifier.verify(assembled(header, claims, signature)).id == NURSE.id


def test_a_key_is_good_for_its_own_algorithm_only(verifier: TokenVerifier) -> None:
    kid = json.loads(KEY)["kid"]
    claims = jwt.decode(signed(), ECKey.import_key(json.loads(KEY))).claims
    signature = base64.urlsafe_b64decode(signed().split(".")[2] + "==")

    for algorithm in ("ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "RS256", "PS256"):
        token = assembled({"alg": algorithm, "kid": kid}, claims, signature)
        with pytest.raises(UnauthenticatedError):
            verifier.verify(token)


@pytest.mark.parametrize("header", ["jku", "jwk", "x5u", "x5c"])
def test_a_token_that_brings_a_key_of_its_own_is_refused(
    header: str, verifier: TokenVerifier
) -> None:
    private = ECKey.import_key(json.loads(KEY))
    claims = jwt.decode(signed(), private).claims
    values: dict[str, Any] = {
        "jku": "https://elsewhere.example/keys",
        "x5u": "https://elsewhere.example/certificate",
        "x5c": ["AAAA"],
        "jwk": private.as_dict(private=False),
    }
    said = {"alg": "ES256", "kid": private.kid, header: values[header]}
    token = jwt.encode(said, claims, private, algorithms=["ES256"])

    with pytest.raises(UnauthenticatedError):
        verifier.verify(token)


def test_a_token_must_name_its_key(verifier: TokenVerifier) -> None:
    private = ECKey.import_key(json.loads(KEY))
    claims = jwt.decode(signed(), private).claims
    token = jwt.encode({"alg": "ES256"}, claims, private, algorithms=["ES256"])

    with pytest.raises(UnauthenticatedError):
        verifier.verify(token)


def test_two_keys_of_one_name_verify_nothing() -> None:
    public = json.loads(public_keys(KEY))["keys"][0]
    other = {**json.loads(public_keys(new_key()))["keys"][0], "kid": public["kid"]}

    for listed in ([public, other], [other, public], [public, public]):
        verifier = TokenVerifier(own(KeyRing(key_set(*listed))))
        with pytest.raises(UnauthenticatedError):
            verifier.verify(signed())


def test_a_token_may_be_as_long_as_is_said_and_no_longer(
    verifier: TokenVerifier,
) -> None:
    short = len(signed(name=""))
    fitting = (LONGEST_TOKEN - short) * 3 // 4
    most = next(
        token
        for size in range(fitting + 8, 0, -1)
        if len(token := signed(name="x" * size)) <= LONGEST_TOKEN
    )
    assert len(most) > LONGEST_TOKEN - 4

    assert verifier.verify(most).id == NURSE.id
    with pytest.raises(UnauthenticatedError):
        verifier.verify(signed(name="x" * (fitting + 8)))


def test_an_audience_may_be_one_of_several(verifier: TokenVerifier) -> None:
    assert verifier.verify(signed(aud=["account", "kap"])).id == NURSE.id


def test_a_token_without_a_beginning_counts_from_when_it_was_made(
    verifier: TokenVerifier,
) -> None:
    assert verifier.verify(signed(nbf=None)).id == NURSE.id


def test_each_issuer_is_believed_by_its_own_keys_only(both: TokenVerifier) -> None:
    assert both.verify(signed()).id == NURSE.id
    assert both.verify(signed(PROVIDER_KEY, iss=PROVIDER)).id == NURSE.id
    for key, issuer in ((PROVIDER_KEY, "kap"), (KEY, PROVIDER), (KEY, "somebody")):
        with pytest.raises(UnauthenticatedError):
            both.verify(signed(key, iss=issuer))


@pytest.mark.parametrize(
    ("in_clinic", "in_network", "is_believed"),
    [
        (["front_desk", "therapist", "prescriber"], [], True),
        (["monitor", "clinic_admin", "integrator"], [], True),
        ([], ["network_admin"], True),
        ([], ["integrator"], True),
        (["service"], [], False),
        ([], ["service"], False),
        (["patient"], [], False),
        (["network_admin"], [], False),
        ([], ["therapist"], False),
        ([], ["clinic_admin"], False),
    ],
)
def test_an_identity_provider_may_say_who_works_where_and_no_more(
    in_clinic: list[str], in_network: list[str], is_believed: bool, both: TokenVerifier
) -> None:
    roles: dict[str, Any] = {
        "roles": {str(CLINIC): in_clinic} if in_clinic else {},
        "network_roles": in_network,
    }

    assert both.verify(signed(**roles)).id == NURSE.id
    token = signed(PROVIDER_KEY, iss=PROVIDER, **roles)
    if is_believed:
        assert both.verify(token).id == NURSE.id
    else:
        with pytest.raises(UnauthenticatedError):
            both.verify(token)


@pytest.mark.parametrize(
    ("scope", "limit"),
    [
        (None, None),
        ("openid profile", None),
        ("openid chart.read", {"chart.read"}),
        ("chart.read  tasks.read", {"chart.read", "tasks.read"}),
        ("profile", set()),
        ("", set()),
    ],
)
def test_scopes_limit_unless_they_only_tell_of_a_sign_in(
    scope: str | None, limit: set[str] | None, both: TokenVerifier
) -> None:
    for key, issuer in ((KEY, "kap"), (PROVIDER_KEY, PROVIDER)):
        assert both.verify(signed(key, iss=issuer, scope=scope)).scopes == limit


@pytest.mark.parametrize("scope", [None, "openid", "openid profile", ""])
def test_an_integrator_may_do_what_its_token_names_only(
    scope: str | None, both: TokenVerifier
) -> None:
    roles = {"roles": {str(CLINIC): ["integrator"]}}
    outside = {**roles, "iss": PROVIDER}

    unlimited = signed(PROVIDER_KEY, **outside, scope=scope)
    assert both.verify(unlimited).scopes == frozenset()
    named = signed(PROVIDER_KEY, **outside, scope="openid referrals.send")
    assert both.verify(named).scopes == frozenset({"referrals.send"})


def test_a_token_of_ours_says_its_scopes_and_for_whom_it_is(
    verifier: TokenVerifier,
) -> None:
    limited = Actor(id=uuid7(), scopes=frozenset({"tasks.read", "chart.read"}))

    claims, actor = verifier.claims(ISSUER.issue(limited, client="scheduling"))

    assert actor == limited
    assert claims["client_id"] == "scheduling"
    assert UUID(claims["jti"])


def test_what_an_issuer_says_to_a_client_is_no_token_for_us(
    both: TokenVerifier,
) -> None:
    said = signed(PROVIDER_KEY, iss=PROVIDER, aud="kap-console", nonce="n")

    claims = both.statement(said, issuer=PROVIDER, audience="kap-console")

    assert claims["nonce"] == "n"
    with pytest.raises(UnauthenticatedError):
        both.verify(said)
    for issuer, audience in ((PROVIDER, "other"), ("kap", "kap-console"), ("x", "x")):
        with pytest.raises(UnauthenticatedError):
            both.statement(said, issuer=issuer, audience=audience)


def test_an_old_statement_is_refused(both: TokenVerifier) -> None:
    old = signed(iat=1, nbf=1, exp=100)

    with pytest.raises(UnauthenticatedError, match="not valid at this time"):
        both.statement(old, issuer="kap", audience="kap")


def key_set(*keys: Any) -> str:
    """A key set of these keys."""
    return json.dumps({"keys": keys})
