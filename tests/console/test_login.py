"""Signing in: development tokens, the cookie, and whose token it is."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from werkzeug.test import Client, TestResponse

from services.console.app import service as console
from services.console.login import COOKIE, LONGEST_TOKEN, PARTS
from shared.access import Role
from shared.identity import TokenIssuer, TokenVerifier, new_key, verifier_of
from shared.testing.lab import Caller, Lab
from tests.console.browser import SAME_ORIGIN, Browser, token_of
from tests.console.clinic_day import ClinicDay

CLINIC = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Lab]:
    """A console where the network's identity provider issues the tokens."""
    lab = Lab([console], tmp_path, front="console")
    yield lab
    lab.close()


def ask_for_token(lab: Lab, **body: object) -> TestResponse:
    """What the development issuer says to a program."""
    return Client(lab.platform.wsgi).post("/dev/token", json=body)


def token_in(answer: TestResponse) -> str:
    """The token of an answer that must have one."""
    token: str = json.loads(answer.get_data())["token"]
    return token


def cookie_of(answer: TestResponse) -> str:
    """The header that sets the session's cookie."""
    return next(
        header
        for header in answer.headers.getlist("Set-Cookie")
        if header.split("=")[0].endswith(COOKIE)
    )


def verifier(lab: Lab) -> TokenVerifier:
    """What every service verifies tokens with."""
    return verifier_of(lab.runtime("console").settings)


def test_the_development_issuer_signs_what_is_asked_for(lab: Lab) -> None:
    answer = ask_for_token(
        lab,
        roles={CLINIC: ["therapist", "monitor"]},
        network_roles=["network_admin"],
        name="Somebody",
        subject=CLINIC,
    )

    claims, actor = verifier(lab).claims(token_in(answer))
    assert claims["name"] == "Somebody"
    assert actor.id == UUID(CLINIC)
    assert actor.roles == {UUID(CLINIC): {Role.THERAPIST, Role.MONITOR}}
    assert actor.network_roles == {Role.NETWORK_ADMIN}


def test_its_tokens_open_the_services(day: ClinicDay) -> None:
    token = token_in(ask_for_token(day.lab, roles={day.clinic_id: ["front_desk"]}))

    clinic = Caller(day.lab, token, UUID(day.clinic_id)).get("scheduling", "")

    assert clinic["name"] == "Lakeside"


@pytest.mark.parametrize(
    "body",
    [
        {"roles": {CLINIC: ["king"]}},
        {"roles": {"nowhere": ["monitor"]}},
        {"network_roles": "network_admin"},
        {"subject": "me"},
        {"name": "x" * 81},
        {"wish": "much"},
    ],
)
def test_a_token_request_that_does_not_fit_is_refused(
    lab: Lab, body: dict[str, object]
) -> None:
    answer = ask_for_token(lab, **body)

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


def test_a_token_request_must_be_json(lab: Lab) -> None:
    client = Client(lab.platform.wsgi)

    assert client.post("/dev/token", data={"name": "x"}).status_code == 415
    broken = client.post("/dev/token", data="{", content_type="application/json")
    assert broken.status_code == 400


def test_a_demo_learns_where_it_is(lab: Lab) -> None:
    answer = Client(lab.platform.wsgi).get("/dev/about")

    assert answer.json == {"callback_host": "127.0.0.1", "development": True}


def test_without_the_setting_nobody_gets_a_token(strict: Lab) -> None:
    client = Client(strict.platform.wsgi)

    answers = [
        client.post("/dev/token", json={}),
        client.get("/dev/about"),
        client.post("/login", data={"role": "network_admin"}, headers=SAME_ORIGIN),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert not any("Set-Cookie" in answer.headers for answer in answers)


def test_the_login_page_offers_the_parts_and_clinics(day: ClinicDay) -> None:
    page = Browser(day.lab).look("/login")

    assert "Lakeside" in page
    for part in PARTS:
        assert part.name in page


def test_without_the_setting_the_login_page_only_takes_a_token(strict: Lab) -> None:
    page = Browser(strict).look("/login")

    assert "identity provider" in page
    assert 'name="token"' in page
    assert 'name="role"' not in page


def test_playing_a_part_leads_to_the_board(day: ClinicDay) -> None:
    browser = Browser(day.lab)

    answer = browser.send("/login", clinic_id=day.clinic_id, role="monitor")
    home = browser.get("/")

    assert answer.status_code == 303
    assert home.headers["Location"] == f"/clinics/{day.clinic_id}/board"
    assert "Monitor" in browser.look(home.headers["Location"])


def test_the_network_admin_is_led_to_operations(day: ClinicDay) -> None:
    browser = Browser(day.lab)

    browser.send("/login", role="network_admin")

    assert browser.get("/").headers["Location"] == "/ops"


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "monitor"},
        {"role": "king", "clinic_id": CLINIC},
        {"role": "service", "clinic_id": CLINIC},
        {"role": "monitor", "clinic_id": "here"},
        {},
    ],
)
def test_a_part_that_cannot_be_played_is_refused(
    lab: Lab, fields: dict[str, str]
) -> None:
    answer = Browser(lab).send("/login", **fields)

    assert answer.status_code == 422
    assert "Choose a clinic and a role" in answer.get_data(as_text=True)


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(lab: Lab) -> None:
    answer = Browser(lab).send("/login", role="network_admin")

    cookie = cookie_of(answer)
    assert cookie.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="):
        assert attribute in cookie
    assert "Secure" not in cookie


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "https://clinic.example"},
        {"extra": {"X-Forwarded-Proto": "https"}},
    ],
)
def test_under_tls_the_browser_guards_the_cookie(
    lab: Lab, options: dict[str, object]
) -> None:
    headers = {**SAME_ORIGIN, **options.pop("extra", {})}  # type: ignore[dict-item]

    answer = Client(lab.platform.wsgi).post(
        "/login",
        data={"role": "network_admin"},
        headers=headers,
        **options,
    )

    cookie = cookie_of(answer)
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert "Strict-Transport-Security" in answer.headers


def test_a_pasted_token_signs_in(strict: Lab) -> None:
    browser = Browser(strict)

    answer = browser.send("/login", token=token_of(strict, Role.NETWORK_ADMIN))

    assert answer.status_code == 303
    assert "Operations" in browser.look("/ops")


def test_a_token_of_somebody_else_does_not_sign_in(strict: Lab) -> None:
    stranger = TokenIssuer(new_key(), issuer="kap")
    actor = verifier(strict).verify(token_of(strict, Role.NETWORK_ADMIN))

    answer = Browser(strict).send("/login", token=stranger.issue(actor))

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_a_token_too_long_for_a_cookie_is_refused_in_words(strict: Lab) -> None:
    answer = Browser(strict).send("/login", token="x" * (LONGEST_TOKEN + 1))

    assert answer.status_code == 422
    assert "too long" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/ops?x=1", "/ops?x=1"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_on_to_our_own_pages_only(
    lab: Lab, asked: str, led_to: str
) -> None:
    answer = Browser(lab).send("/login", role="network_admin", next=asked)

    assert answer.headers["Location"] == led_to


def test_signing_out_forgets_the_token(day: ClinicDay) -> None:
    browser = Browser(day.lab)
    browser.send("/login", clinic_id=day.clinic_id, role="monitor")

    browser.send("/logout")

    assert browser.get("/").headers["Location"].startswith("/login")


def test_the_same_part_is_always_the_same_person(day: ClinicDay) -> None:
    def played() -> UUID:
        browser = Browser(day.lab)
        browser.send("/login", clinic_id=day.clinic_id, role="monitor")
        cookie = browser.client.get_cookie(COOKIE)
        assert cookie is not None
        return verifier(day.lab).verify(cookie.value).id

    assert played() == played()
