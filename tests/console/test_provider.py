"""Signing in at an identity provider, and all that may go wrong on the way."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from services.console.app import service as console
from services.console.cookies import (
    COOKIE,
    LONGEST_COOKIE,
    LONGEST_VISIT_COOKIE,
    STARTED,
    VISIT,
)
from shared.ids import uuid7
from shared.testing.lab import Lab
from shared.testing.oidc import Provider
from tests.console.browser import Browser, path_of, visit_of

HOME = "https://kap.example"


@dataclass
class Door:
    """A console whose people sign in at a provider."""

    lab: Lab
    provider: Provider
    browser: Browser

    def begin(self, onward: str = "/ops") -> str:
        """The provider's address to which the browser is sent."""
        answer = self.browser.get("/login/start", query_string={"next": onward})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return answer.headers["Location"]

    def visit_provider(self, url: str) -> str:
        """Where the provider sends the browser, within the console."""
        sent = httpx.get(url)
        assert sent.status_code == 302
        where = urlsplit(sent.headers["Location"])
        assert f"{where.scheme}://{where.netloc}" == "http://127.0.0.1:8080"
        return f"{where.path}?{where.query}"

    def enter(self, onward: str = "/ops") -> TestResponse:
        """The whole way there and back."""
        return self.browser.get(self.visit_provider(self.begin(onward)))


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """A console, and its provider."""
    with Provider(
        person={"name": "Ann Fictional", "network_roles": ["network_admin"]}
    ) as provider:
        lab = Lab(
            [console],
            tmp_path,
            front="console",
            oidc_issuer=provider.issuer,
            oidc_client_id=provider.client_id,
            oidc_client_secret=provider.client_secret,
        )
        yield Door(lab, provider, Browser(lab))
        lab.close()


def asked_in(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def is_refused(answer: TestResponse, status: int = 401) -> None:
    """Nobody is signed in, and is told so on a page."""
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    assert answer.mimetype == "text/html"
    assert 'role="alert"' in text
    assert not any(
        header.startswith((f"{COOKIE}=", f"{VISIT}="))
        for header in answer.headers.getlist("Set-Cookie")
    )


def test_somebody_signs_in_and_is_led_on(door: Door) -> None:
    answer = door.enter("/ops?x=1")

    assert answer.status_code == 303
    assert path_of(answer) == "/ops?x=1"
    assert "Ann Fictional" in door.browser.look("/ops")
    assert door.browser.client.get_cookie(STARTED) is None


def test_the_login_page_leads_to_the_provider_and_takes_no_token(door: Door) -> None:
    page = door.browser.look("/login?next=/ops")

    assert 'href="/login/start?next=/ops"' in page
    assert "textarea" not in page


def test_what_the_provider_is_asked_has_all_that_protects_it(door: Door) -> None:
    one, other = asked_in(door.begin()), asked_in(door.begin())

    assert one["response_type"] == "code"
    assert one["code_challenge_method"] == "S256"
    assert one["redirect_uri"] == "http://127.0.0.1:8080/login/callback"
    assert "openid" in one["scope"].split()
    for name in ("state", "nonce", "code_challenge"):
        assert len(one[name]) >= 32
        assert one[name] != other[name]


def test_what_the_browser_keeps_meanwhile_tells_nobody_anything(door: Door) -> None:
    asked = asked_in(door.begin("/ops"))

    kept = door.browser.cookie(STARTED)

    for secret in (asked["state"], asked["nonce"], "/ops"):
        assert secret not in kept


def test_an_answer_with_another_state_is_refused(door: Door) -> None:
    back = door.visit_provider(door.begin())
    state = asked_in(back)["state"]

    for wrong in ("", "x", state[:-1], f"{state}x"):
        door.begin()
        is_refused(door.browser.get(back.replace(state, wrong)))


def test_an_answer_to_another_browser_is_refused(door: Door) -> None:
    back = door.visit_provider(door.begin())

    is_refused(Browser(door.lab).get(back))


def test_an_answer_counts_once(door: Door) -> None:
    back = door.visit_provider(door.begin())
    door.browser.get(back)

    is_refused(Browser(door.lab).get(back))
    is_refused(door.browser.get(back))


@pytest.mark.parametrize(
    "fault",
    [
        {"nonce": "of-another-sign-in"},
        {"issuer": "https://elsewhere.example/realms/kap"},
        {"audience": "another-platform"},
        {"id_token_audience": "another-client"},
        {"other_person_in_access_token": True},
        {"code_seconds": -1},
        {"access_seconds": -3_600},
        {"token_body": "{}"},
        {"token_body": "[]"},
        {"token_body": "no JSON"},
        {"token_body": '{"access_token": 5, "token_type": "Bearer"}'},
        {"token_body": '{"error": "server_error", "error_description": "<b>x</b>"}'},
    ],
    ids=str,
)
def test_an_answer_that_is_not_right_is_refused(
    fault: dict[str, Any], door: Door
) -> None:
    for name, value in fault.items():
        setattr(door.provider.faults, name, value)

    answer = door.enter()

    is_refused(answer)
    assert "<b>x</b>" not in answer.get_data(as_text=True)


def test_an_answer_in_the_name_of_another_provider_is_refused(door: Door) -> None:
    back = door.visit_provider(door.begin())
    named = asked_in(back)["iss"]
    other = back.replace(named.replace("/", "%2F").replace(":", "%3A"), "https://x")
    assert other != back

    is_refused(door.browser.get(other))


@pytest.mark.parametrize("said", ["error=access_denied", "", "code="])
def test_somebody_who_turns_back_is_told_and_may_try_again(
    said: str, door: Door
) -> None:
    state = asked_in(door.begin())["state"]

    answer = door.browser.get(f"/login/callback?{said}&state={state}")

    is_refused(answer)
    assert "/login/start" in answer.get_data(as_text=True)


def test_a_wrong_secret_of_ours_signs_nobody_in(door: Door) -> None:
    door.provider.client_secret = "changed"

    is_refused(door.enter())


def test_an_algorithm_that_is_not_ours_signs_nobody_in(door: Door) -> None:
    door.provider.keys[0] = ECKey.generate_key(
        "P-384", {"use": "sig", "kid": "x", "alg": "ES384"}, private=True
    )
    door.provider.algorithm = "ES384"

    is_refused(door.enter())


def test_a_provider_that_is_away_is_named_and_nothing_breaks(door: Door) -> None:
    door.provider.faults.is_down = True

    is_refused(door.browser.get("/login/start"), 503)
    door.provider.faults.is_down = False
    url = door.begin()
    back = door.visit_provider(url)
    door.provider.faults.is_down = True

    is_refused(door.browser.get(back), 503)
    assert door.browser.get("/login").status_code == 200


def test_keys_may_change_between_two_sign_ins(door: Door) -> None:
    assert door.enter().status_code == 303
    door.provider.rotate(keep=False)
    # A key that is not known is asked for once in a few seconds.
    deadline = time.monotonic() + 10
    while (answer := door.enter()).status_code != 303:
        assert time.monotonic() < deadline
        time.sleep(0.5)

    assert answer.status_code == 303


def test_somebody_without_a_role_is_told_whom_to_ask(door: Door) -> None:
    door.provider.person = {"name": "New Fictional"}

    is_refused(door.enter(), 403)


def test_a_provider_makes_nobody_a_service(door: Door) -> None:
    door.provider.person = {"network_roles": ["service"]}

    is_refused(door.enter())


def test_a_short_token_is_renewed_while_the_visit_lasts(door: Door) -> None:
    door.provider.faults.access_seconds = 20
    door.enter()
    first, visit = door.browser.cookie(COOKIE), door.browser.cookie(VISIT)
    door.provider.faults.access_seconds = 300

    answer = door.browser.get("/ops")

    assert answer.status_code == 200
    assert door.provider.refreshed == 1
    assert door.browser.cookie(COOKIE) != first
    assert door.browser.cookie(VISIT) != visit
    door.browser.get("/ops")
    assert door.provider.refreshed == 1


def test_a_token_that_lasts_is_not_renewed(door: Door) -> None:
    door.enter()

    door.browser.get("/ops")

    assert door.provider.refreshed == 0


def test_while_the_provider_is_away_a_good_token_stays_good(door: Door) -> None:
    door.provider.faults.access_seconds = 20
    door.enter()
    door.provider.faults.is_down = True

    assert door.browser.get("/ops").status_code == 200


def expired(door: Door, refresh: str) -> Browser:
    """The browser of somebody whose token has just ended."""
    door.enter()
    old = door.provider.access_token(iat=1, exp=2)
    browser = Browser(door.lab, old)
    kept = visit_of(door.lab, old, subject=door.provider.subject, refresh=refresh)
    browser.client.set_cookie(VISIT, kept)
    return browser


def test_an_ended_token_is_renewed_too(door: Door) -> None:
    door.provider._refresh_tokens.add("good")

    assert expired(door, "good").get("/ops").status_code == 200


def test_whom_the_provider_has_signed_out_is_signed_out_here(door: Door) -> None:
    answer = expired(door, "withdrawn").get("/ops")

    assert answer.headers["Location"].startswith("/login?next=")
    assert f"{VISIT}=;" in " ".join(answer.headers.getlist("Set-Cookie"))


def test_an_ended_token_waits_for_a_provider_that_is_away(door: Door) -> None:
    browser = expired(door, "good")
    door.provider.faults.is_down = True

    answer = browser.get("/ops")

    assert answer.status_code == 503
    assert "Set-Cookie" not in answer.headers


def test_a_renewed_token_of_somebody_else_ends_the_visit(door: Door) -> None:
    door.provider._refresh_tokens.add("good")
    browser = expired(door, "good")
    door.provider.subject = str(uuid7())

    assert browser.get("/ops").headers["Location"].startswith("/login")


def test_signing_out_ends_it_at_the_provider_too(door: Door) -> None:
    door.enter()

    answer = door.browser.send("/logout")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f"{door.provider.issuer}/logout?client_id=kap-console" in page
    assert "id_token_hint=" in page
    assert "post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fsigned-out" in page
    assert door.browser.client.get_cookie(COOKIE) is None
    assert not any(f"{COOKIE}=e" in h for h in answer.headers.getlist("Set-Cookie"))


def test_signing_out_works_while_the_provider_is_away(door: Door) -> None:
    door.provider.faults.is_down = True

    answer = door.browser.send("/logout")

    assert answer.headers["Location"] == "/signed-out"
    assert "Sign in again" in door.browser.look("/signed-out")


def test_a_long_statement_is_left_out_of_the_cookie_and_one_still_signs_out(
    door: Door,
) -> None:
    door.provider.person["name"] = "Ann " + "Fictional " * 120
    door.enter()
    assert len(door.browser.cookie(VISIT)) <= LONGEST_VISIT_COOKIE

    page = door.browser.send("/logout").get_data(as_text=True)

    assert "client_id=kap-console" in page
    assert "id_token_hint" not in page


def test_tokens_that_no_cookie_has_room_for_sign_nobody_in(door: Door) -> None:
    door.provider.person["name"] = "x" * LONGEST_COOKIE

    is_refused(door.enter())
