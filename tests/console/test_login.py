"""Signing in: how long it lasts, the cookies, and whose token it is."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from services.console.app import service as console
from services.console.cookies import COOKIE, LONGEST_COOKIE, STARTED, VISIT
from shared.access import Role
from shared.identity import TokenIssuer, new_key, verifier_of
from shared.testing.lab import Lab
from tests.console.browser import HTMX, SAME_ORIGIN, Browser, token_of, visit_of
from tests.console.clinic_day import ClinicDay

MINUTE, HOUR = 60.0, 3_600.0


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Lab]:
    """A console of a deployment that names nobody who signs people in."""
    lab = Lab([console], tmp_path, front="console")
    yield lab
    lab.close()


def cookie_of(answer: TestResponse, name: str = COOKIE) -> str:
    """The header that sets a cookie; empty if there is none."""
    headers = answer.headers.getlist("Set-Cookie")
    named = (each for each in headers if each.split("=")[0].endswith(name))
    return next(named, "")


def visiting(lab: Lab, *, ago: float, **changes: float) -> Browser:
    """The browser of a network admin whose visit began a while ago."""
    token = token_of(lab, Role.NETWORK_ADMIN)
    browser = Browser(lab, token)
    browser.client.set_cookie(VISIT, visit_of(lab, token, ago=ago, **changes))
    return browser


def is_signed_in(answer: TestResponse) -> bool:
    """Whether somebody was let in."""
    return "/login" not in answer.headers.get("Location", "")


def test_choosing_a_person_leads_to_their_board(day: ClinicDay) -> None:
    browser = Browser(day.lab)

    answer = browser.sign_in("Monitor")
    home = browser.get("/")

    assert answer.status_code == 303
    assert home.headers["Location"] == f"/clinics/{day.clinic_id}/board"
    assert "Mona Fictional" in browser.look(home.headers["Location"])


def test_the_network_admin_is_led_to_operations(day: ClinicDay) -> None:
    browser = Browser(day.lab)

    browser.sign_in("Network admin")

    assert browser.get("/").headers["Location"] == "/ops"


def test_the_same_person_always_has_the_same_id(day: ClinicDay) -> None:
    def played() -> str:
        browser = Browser(day.lab)
        browser.sign_in("Monitor")
        verifier = verifier_of(day.lab.runtime("console").settings)
        return str(verifier.verify(browser.cookie(COOKIE)).id)

    assert played() == played()


def test_cookies_are_kept_from_scripts_and_from_other_sites(lab: Lab) -> None:
    browser = Browser(lab)

    begun = browser.get("/login/start")
    entered = browser.sign_in("Network admin")

    for answer, name in ((begun, STARTED), (entered, COOKIE), (entered, VISIT)):
        cookie = cookie_of(answer, name)
        assert cookie.startswith(f"{name}=")
        for attribute in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="):
            assert attribute in cookie, name
        assert "Secure" not in cookie


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "https://clinic.example"},
        {"headers": {"X-Forwarded-Proto": "https"}},
    ],
)
def test_under_tls_the_browser_guards_the_cookies(
    strict: Lab, options: dict[str, object]
) -> None:
    headers = {**SAME_ORIGIN, **options.pop("headers", {})}  # type: ignore[dict-item]
    token = token_of(strict, Role.NETWORK_ADMIN)

    answer = Client(strict.platform.wsgi).post(
        "/login", data={"token": token}, headers=headers, **options
    )

    for name in (COOKIE, VISIT):
        cookie = cookie_of(answer, name)
        assert cookie.startswith(f"__Host-{name}=")
        assert "Secure" in cookie
        assert "Domain" not in cookie
    assert "Strict-Transport-Security" in answer.headers


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/ops?x=1", "/ops?x=1"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\n/elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_on_to_our_own_pages_only(
    lab: Lab, asked: str, led_to: str
) -> None:
    answer = Browser(lab).sign_in("Network admin", onward=asked)

    assert answer.headers["Location"] == led_to


def test_signing_out_forgets_who_was_here(day: ClinicDay) -> None:
    browser = Browser(day.lab)
    browser.sign_in("Monitor")

    answer = browser.send("/logout")

    assert answer.headers["Location"] == "/signed-out"
    assert not is_signed_in(browser.get("/"))
    for name in (COOKIE, VISIT):
        assert browser.client.get_cookie(name) is None


def test_who_does_nothing_for_a_while_is_signed_out(lab: Lab) -> None:
    assert is_signed_in(visiting(lab, ago=14 * MINUTE).get("/ops"))

    answer = visiting(lab, ago=16 * MINUTE).get("/ops")

    assert not is_signed_in(answer)
    assert cookie_of(answer).startswith(f"{COOKIE}=;")
    assert cookie_of(answer, VISIT).startswith(f"{VISIT}=;")


def test_doing_something_puts_it_off_but_a_page_that_renews_itself_does_not(
    lab: Lab,
) -> None:
    by_hand, by_script = (visiting(lab, ago=10 * MINUTE) for _ in range(2))

    clicked = by_hand.get("/ops")
    renewed = by_script.get("/ops", headers=HTMX)

    assert cookie_of(clicked, VISIT)
    assert clicked.status_code == renewed.status_code == 200
    assert not cookie_of(renewed, VISIT)


def test_what_was_just_noted_is_not_noted_again(lab: Lab) -> None:
    answer = visiting(lab, ago=30).get("/ops")

    assert not cookie_of(answer, VISIT)


def test_a_working_day_ends_however_much_is_done(lab: Lab) -> None:
    now = time.time()

    late = visiting(lab, ago=11.9 * HOUR, active_at=now)
    over = visiting(lab, ago=12.1 * HOUR, active_at=now)

    assert is_signed_in(late.get("/ops"))
    assert not is_signed_in(over.get("/ops"))


def test_a_token_without_its_visit_lets_nobody_in(lab: Lab) -> None:
    browser = visiting(lab, ago=0)
    browser.client.delete_cookie(VISIT)

    assert not is_signed_in(browser.get("/ops"))


def test_a_visit_is_for_its_own_person_only(lab: Lab) -> None:
    mine, other = (token_of(lab, Role.NETWORK_ADMIN) for _ in range(2))
    browser = Browser(lab, mine)
    browser.client.set_cookie(VISIT, visit_of(lab, other))

    assert not is_signed_in(browser.get("/ops"))


@pytest.mark.parametrize("text", ["", "x", "a.b.c.d.e", "é", "=" * 4_000])
def test_a_visit_that_nobody_sealed_lets_nobody_in(lab: Lab, text: str) -> None:
    browser = visiting(lab, ago=0)
    browser.client.set_cookie(VISIT, text)

    assert not is_signed_in(browser.get("/ops"))


def test_what_was_sealed_for_another_purpose_is_no_visit(lab: Lab) -> None:
    browser = visiting(lab, ago=0)
    browser.get("/login/start")
    browser.client.set_cookie(VISIT, browser.cookie(STARTED))

    assert not is_signed_in(browser.get("/ops"))


def test_a_pasted_token_signs_in_where_nobody_else_does(strict: Lab) -> None:
    browser = Browser(strict)

    page = browser.look("/login")
    answer = browser.send("/login", token=token_of(strict, Role.NETWORK_ADMIN))

    assert "KAP_OIDC_ISSUER" in page
    assert answer.status_code == 303
    assert "Operations" in browser.look("/ops")


def test_where_people_are_signed_in_no_token_can_be_pasted(lab: Lab) -> None:
    token = token_of(lab, Role.NETWORK_ADMIN)

    answer = Browser(lab).send("/login", token=token)

    assert answer.status_code == 404
    assert "Set-Cookie" not in answer.headers


def test_a_token_of_somebody_else_does_not_sign_in(strict: Lab) -> None:
    stranger = TokenIssuer(new_key(), issuer="kap")
    verifier = verifier_of(strict.runtime("console").settings)
    actor = verifier.verify(token_of(strict, Role.NETWORK_ADMIN))

    answer = Browser(strict).send("/login", token=stranger.issue(actor))

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_a_token_too_long_for_a_cookie_is_refused_in_words(strict: Lab) -> None:
    actor = verifier_of(strict.runtime("console").settings).verify(
        token_of(strict, Role.NETWORK_ADMIN)
    )
    long = strict.issuer.issue(actor, name="x" * LONGEST_COOKIE)

    answer = Browser(strict).send("/login", token=long)

    assert answer.status_code == 422
    assert "too long" in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers


def test_where_nobody_signs_people_in_there_is_no_way_to_a_provider(
    strict: Lab,
) -> None:
    browser = Browser(strict)

    assert browser.get("/login/start").headers["Location"] == "/login"
    assert browser.get("/login/callback?code=x&state=y").status_code == 401
