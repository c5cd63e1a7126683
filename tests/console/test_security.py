"""What protects the pages: no entry without a name, no change from elsewhere."""

import re
from pathlib import Path

import pytest
from werkzeug.test import Client

from cli.services import load_all
from services.console.cookies import COOKIE
from services.console.security import POLICY
from shared.access import Role
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.console.browser import Browser, token_of
from tests.console.busy_day import BusyDay
from tests.console.clinic_day import ClinicDay

INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|\shx-on|<script(?![^>]*\ssrc=)", re.I)


def pages(busy: BusyDay) -> list[str]:
    """Every page of a clinic."""
    own = f"/clinics/{busy.day.clinic_id}"
    return [
        f"{own}/board",
        f"{own}/patients",
        f"{own}/patients/{busy.dosed.id}",
        f"{own}/patients/{busy.dosed.id}/timeline",
        f"{own}/sessions",
        f"{own}/sessions/{busy.session}",
        f"{own}/worklist",
        f"{own}/messages",
        f"{own}/outbox",
        f"{own}/events",
        "/clinics",
    ]


def admin(busy: BusyDay) -> Browser:
    """Somebody who sees every page of the clinic."""
    return Browser.of(busy.day.staff[Role.CLINIC_ADMIN])


def test_without_a_name_every_page_leads_to_the_login(busy: BusyDay) -> None:
    browser = Browser(busy.day.lab)

    for path in [*pages(busy), "/", "/ops"]:
        answer = browser.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith("/login?next=%2F"), path


def test_a_part_of_a_page_sends_the_whole_page_to_the_login(busy: BusyDay) -> None:
    answer = Browser(busy.day.lab).get(pages(busy)[0], headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login"


def test_an_altered_token_leads_to_the_login_and_is_forgotten(busy: BusyDay) -> None:
    token = busy.day.staff[Role.MONITOR].token or ""

    answer = Browser(busy.day.lab, token[:-4] + "AAAA").get("/")

    assert answer.headers["Location"].startswith("/login")
    assert f"{COOKIE}=;" in answer.headers["Set-Cookie"]


def test_every_page_allows_only_what_comes_from_here(busy: BusyDay) -> None:
    browser = admin(busy)

    for path in [*pages(busy), "/nowhere", "/login"]:
        answer = browser.get(path)
        assert answer.headers["Content-Security-Policy"] == POLICY, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "unsafe" not in POLICY


def test_no_page_needs_what_the_policy_forbids(busy: BusyDay) -> None:
    browser = admin(busy)

    for path in [*pages(busy), "/nowhere", "/login"]:
        text = browser.get(path).get_data(as_text=True)
        assert INLINE.findall(text) == [], path
        assert re.findall(r"(?:href|src)=\"(?:https?:)?//", text) == [], path


def test_no_page_about_patients_is_kept_by_the_browser(busy: BusyDay) -> None:
    browser = admin(busy)

    for path in pages(busy):
        assert browser.get(path).headers["Cache-Control"] == "no-store", path


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_a_change_from_elsewhere_is_refused(lab: Lab, headers: dict[str, str]) -> None:
    browser = Browser(lab, token_of(lab, Role.NETWORK_ADMIN))
    clinic_id = uuid7()
    task = f"/clinics/{clinic_id}/worklist/{clinic_id}/done"

    for path in ("/login", "/logout", task):
        answer = browser.client.post(path, headers=headers)
        assert answer.status_code == 403, path
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
    ],
)
def test_a_change_from_our_own_pages_is_taken(
    lab: Lab, headers: dict[str, str]
) -> None:
    answer = Client(lab.platform.wsgi).post("/logout", headers=headers)

    assert answer.status_code == 303


FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


def form_token_of(browser: Browser) -> str:
    """The token that forms of this person's session carry."""
    found = FORM_TOKEN.search(browser.get("/clinics").text) or FORM_TOKEN.search(
        browser.get("/ops").text
    )
    assert found
    return found[1]


def test_every_form_carries_the_token_of_its_session(
    busy: BusyDay,
) -> None:
    forms = 0
    for browser in (admin(busy), Browser.of(busy.day.staff[Role.PRESCRIBER])):
        for path in pages(busy):
            text = browser.get(path).text
            sent = re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL)
            forms += len(sent)
            assert all(FORM_TOKEN.search(form) for form in sent), path

    assert forms


def test_a_browser_that_says_not_where_it_comes_from_needs_its_forms_token(
    lab: Lab,
) -> None:
    for by_header in (False, True):
        browser = Browser(lab, token_of(lab, Role.NETWORK_ADMIN))
        token = form_token_of(browser)
        data = {} if by_header else {"form_token": token}
        headers = {"X-Form-Token": token} if by_header else {}

        assert browser.client.post("/logout").status_code == 403
        answer = browser.client.post("/logout", data=data, headers=headers)

        assert answer.status_code == 303


def test_a_forms_token_of_another_session_is_none(lab: Lab) -> None:
    mine = Browser(lab, token_of(lab, Role.NETWORK_ADMIN))
    theirs = form_token_of(Browser(lab, token_of(lab, Role.NETWORK_ADMIN)))

    for token in (theirs, "", "é", theirs[:-4], form_token_of(mine) + "x"):
        answer = mine.client.post("/logout", data={"form_token": token})
        assert answer.status_code == 403, token


def test_a_forms_token_does_not_help_a_page_of_another_site(lab: Lab) -> None:
    browser = Browser(lab, token_of(lab, Role.NETWORK_ADMIN))
    data = {"form_token": form_token_of(browser)}

    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://x.example"}):
        answer = browser.client.post("/logout", data=data, headers=headers)
        assert answer.status_code == 403, headers


def test_signing_in_is_limited_tightly_and_pages_are_not(tmp_path: Path) -> None:
    lab = Lab(load_all(), tmp_path, front="console", rate_sign_ins="3/hour")
    browser = Browser(lab)

    tries = [browser.send("/login", token="no.good.token") for _ in range(4)]

    assert [answer.status_code for answer in tries] == [401, 401, 401, 429]
    assert tries[-1].mimetype == "text/html"
    assert int(tries[-1].headers["Retry-After"]) >= 1
    assert "Strict-Transport-Security" not in tries[-1].headers
    assert browser.get("/login").status_code == 200
    lab.close()


def test_what_changes_something_is_not_done_by_a_link(busy: BusyDay) -> None:
    own = f"/clinics/{busy.day.clinic_id}"
    browser = admin(busy)

    for path in ("/logout", f"{own}/worklist/{busy.session}/done"):
        assert browser.get(path).status_code == 405


def test_people_get_pages_for_errors_and_programs_problem_documents(
    busy: BusyDay,
) -> None:
    browser = admin(busy)
    own = f"/clinics/{busy.day.clinic_id}"

    for path in ("/nowhere", f"{own}/board?date=soon", f"{own}/patients/{own}"):
        answer = browser.get(path)
        assert answer.status_code in (404, 422), path
        assert answer.mimetype == "text/html"
    api = browser.get(f"/console/v1{own}/timeline")
    assert api.mimetype == "application/problem+json"


def test_an_error_in_a_part_of_a_page_is_a_line_of_it(busy: BusyDay) -> None:
    path = f"/clinics/{busy.day.clinic_id}/board?date=soon"

    answer = admin(busy).get(path, headers={"HX-Request": "true"})

    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "That is not a date" in text
    assert "<html" not in text


@pytest.mark.parametrize("asked", ["9999-12-31", "0001-01-01", "2026-02-30", "x"])
def test_a_day_that_cannot_be_shown_is_refused_in_words(
    busy: BusyDay, asked: str
) -> None:
    path = f"/clinics/{busy.day.clinic_id}/board"

    answer = admin(busy).get(path, query_string={"date": asked})

    assert answer.status_code == 422


def test_another_clinics_pages_are_not_there(busy: BusyDay, day: ClinicDay) -> None:
    browser = Browser.of(day.staff[Role.CLINIC_ADMIN])

    for path in pages(busy)[:-1]:
        assert browser.get(path).status_code == 404, path


def test_another_clinics_records_are_not_in_this_one(
    busy: BusyDay,
) -> None:
    other = ClinicDay.begin(busy.day.lab, name="Hillcrest")
    own = f"/clinics/{other.clinic_id}"
    browser = Browser.of(other.staff[Role.PRESCRIBER])

    for path in (
        f"{own}/patients/{busy.dosed.id}",
        f"{own}/sessions/{busy.session}",
        f"{own}/sessions/{busy.session}/chart",
    ):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert busy.dosed.name not in answer.get_data(as_text=True)


def test_what_people_wrote_is_shown_and_never_run(day: ClinicDay) -> None:
    evil = day.register("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>')
    browser = Browser.of(day.staff[Role.PRESCRIBER])

    for path in ("patients", f"patients/{evil.id}"):
        text = browser.look(f"/clinics/{day.clinic_id}/{path}")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
