"""Keys come and go while a process runs: from a file, from an issuer's server."""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shared.context import Actor
from shared.errors import UnauthenticatedError
from shared.identity import (
    KeyRing,
    TokenIssuer,
    TokenVerifier,
    new_key,
    public_keys,
    verifier_of,
)
from shared.identity.keyring import KEPT_SECONDS, PAUSE_SECONDS
from shared.identity.keys import KeySetError
from shared.identity.sources import LONGEST_DOCUMENT, Url, source_of
from shared.ids import uuid7
from shared.settings import Settings
from shared.testing.oidc import Provider

OLD, NEW = new_key(), new_key()
SOMEBODY = Actor(id=uuid7())


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A running identity provider."""
    with Provider() as running:
        yield running


def kid(key: str) -> str:
    """A private key's id."""
    return str(json.loads(key)["kid"])


def settings(provider: Provider, **more: str) -> Settings:
    """Settings that trust a provider besides the deployment itself."""
    own = new_key()
    return Settings(
        database_url="sqlite://",
        broker_url="memory://",
        master_keys="{}",
        signing_key=own,
        token_keys=public_keys(own),
        oidc_issuer=provider.issuer,
        **more,  # type: ignore[arg-type]
    )


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "keys.json"
    file.write_text(public_keys(OLD))
    ring = KeyRing(f"@{file}", clock=clock)
    assert ring.find(kid(OLD))

    file.write_text(public_keys(NEW))
    clock.now += PAUSE_SECONDS + 1

    assert ring.current(kid(NEW))
    assert ring.current(kid(OLD)) is None


def test_a_file_that_is_spoilt_changes_nothing_until_it_is_mended(
    tmp_path: Path, clock: Clock
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(public_keys(OLD))
    ring = KeyRing(f"@{file}", clock=clock)
    ring.find(kid(OLD))

    for text in ("{", '{"keys": 5}', "[]", '{"keys": [5]}', "\x00"):
        file.write_text(text)
        clock.now += PAUSE_SECONDS + 1
        assert ring.current(kid(OLD)), text
    file.unlink()
    clock.now += PAUSE_SECONDS + 1
    assert ring.current(kid(OLD))
    file.write_text(public_keys(NEW))
    clock.now += PAUSE_SECONDS + 1

    assert ring.current(kid(NEW))


def test_a_file_that_stays_spoilt_is_not_believed_for_ever(
    tmp_path: Path, clock: Clock
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(public_keys(OLD))
    ring = KeyRing(f"@{file}", clock=clock)
    ring.find(kid(OLD))
    file.write_text("{")
    hours = int(KEPT_SECONDS // 3_600)

    counted = []
    for _ in range(hours + 1):
        clock.now += 3_600
        counted.append(ring.find(kid(OLD)) is not None)

    assert counted == [True] * hours + [False]


def test_keys_in_the_settings_count_for_ever(clock: Clock) -> None:
    ring = KeyRing(public_keys(OLD), clock=clock)
    assert ring.find(kid(OLD))

    for _ in range(3):
        clock.now += KEPT_SECONDS + 1
        assert ring.find(kid(OLD))


def test_a_servers_keys_are_asked_for_every_ten_minutes(
    provider: Provider, clock: Clock
) -> None:
    ring = KeyRing(provider.keys_url, clock=clock)
    name = str(provider.keys[0].kid)

    for seconds in (0, 300, 299, 2):
        clock.now += seconds
        assert ring.find(name)

    assert provider.asked == ["/realms/kap/certs"] * 2


def test_an_unknown_key_is_asked_for_once_in_a_while(
    provider: Provider, clock: Clock
) -> None:
    ring = KeyRing(provider.keys_url, clock=clock)
    ring.find(str(provider.keys[0].kid))

    clock.now += PAUSE_SECONDS + 1
    for number in range(50):
        assert ring.find(f"unknown {number}") is None

    assert len(provider.asked) == 2


def test_a_new_key_counts_at_once_if_nobody_asked_just_now(
    provider: Provider, clock: Clock
) -> None:
    ring = KeyRing(provider.keys_url, clock=clock)
    ring.find(str(provider.keys[0].kid))
    provider.rotate(keep=True)
    clock.now += PAUSE_SECONDS + 1

    assert [ring.find(str(key.kid)) is not None for key in provider.keys] == [True] * 2


def test_keys_are_kept_while_their_server_is_away_and_not_longer(
    provider: Provider, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ring = KeyRing(provider.keys_url, clock=clock)
    name = str(provider.keys[0].kid)
    ring.find(name)
    provider.faults.is_down = True

    with caplog.at_level(logging.WARNING):
        clock.now += KEPT_SECONDS - 1
        assert ring.find(name)
        clock.now += 2
        assert ring.find(name) is None
    provider.faults.is_down = False
    clock.now += PAUSE_SECONDS + 1

    assert ring.find(name)
    assert {record.getMessage() for record in caplog.records} == {
        "a key set cannot be read"
    }


def test_a_server_that_is_away_is_not_asked_for_every_token(
    provider: Provider, clock: Clock
) -> None:
    provider.faults.is_down = True
    ring = KeyRing(provider.keys_url, clock=clock)

    for _ in range(20):
        assert ring.find("any") is None

    assert len(provider.asked) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/keys", "http://[", "http:///x"])
def test_where_nobody_answers_there_are_no_keys(url: str) -> None:
    with pytest.raises(KeySetError):
        Url(url).read()


def test_an_endless_answer_is_not_read_to_its_end(provider: Provider) -> None:
    provider.keys *= LONGEST_DOCUMENT // 200

    with pytest.raises(KeySetError):
        source_of(provider.keys_url).read()


def test_the_providers_keys_are_found_by_its_own_word(provider: Provider) -> None:
    verifier = verifier_of(settings(provider))

    assert str(verifier.verify(provider.access_token()).id) == provider.subject
    assert provider.asked == [
        "/realms/kap/.well-known/openid-configuration",
        "/realms/kap/certs",
    ]


def test_a_provider_that_calls_itself_something_else_is_not_believed(
    provider: Provider,
) -> None:
    other = f"{provider.issuer}-of-somebody-else"
    trusting = replace(
        settings(provider),
        oidc_issuer=other,
        oidc_discovery=f"{provider.issuer}/.well-known/openid-configuration",
    )

    with pytest.raises(UnauthenticatedError):
        verifier_of(trusting).verify(provider.access_token(iss=other))


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519"])
def test_rotation_at_the_provider_refuses_nobody(algorithm: str) -> None:
    with Provider(algorithm=algorithm) as provider:
        verifier = verifier_of(settings(provider, oidc_keys=provider.keys_url))
        before = provider.access_token()
        provider.rotate(keep=True)

        assert verifier.verify(before)
        assert verifier.verify(provider.access_token())


def test_a_remembered_token_is_refused_once_its_key_is_withdrawn(
    tmp_path: Path,
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(public_keys(OLD))
    verifier, issuer = _verifier_of_file(file), TokenIssuer(OLD, issuer="kap")
    token = issuer.issue(SOMEBODY)
    assert verifier.verify(token) == SOMEBODY

    file.write_text(public_keys(NEW))
    deadline = time.monotonic() + PAUSE_SECONDS + 5
    with pytest.raises(UnauthenticatedError):
        while time.monotonic() < deadline:
            verifier.verify(token)
            time.sleep(0.1)


def _verifier_of_file(file: Path) -> TokenVerifier:
    return verifier_of(
        Settings(
            database_url="sqlite://",
            broker_url="memory://",
            master_keys="{}",
            signing_key=OLD,
            token_keys=f"@{file}",
        )
    )
