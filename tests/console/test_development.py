"""The issuer for trying the platform: correct where it is on, nowhere else."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from werkzeug.test import Client, TestResponse

from services.console.app import service as console
from services.console.development.clients import client_secret
from shared.access import Role
from shared.errors import UnauthenticatedError
from shared.identity import verifier_of
from shared.settings import DEVELOPMENT_SECRET
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.console.browser import SAME_ORIGIN, Browser
from tests.console.clinic_day import ClinicDay

CLINIC = "00000000-0000-0000-0000-000000000001"
BACK = "http://localhost/login/callback"
PATHS = (
    ("GET", "/.well-known/openid-configuration"),
    ("GET", "/oauth/jwks"),
    ("GET", "/oauth/authorize"),
    ("POST", "/oauth/authorize"),
    ("POST", "/oauth/token"),
    ("GET", "/dev/about"),
)


@dataclass
class Asking:
    """A client of the issuer on its way from the question to the token."""

    client: Client
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def query(self, **changes: str) -> dict[str, str]:
        """What the console asks, with some of it changed, or gone if empty."""
        said = {
            "response_type": "code",
            "client_id": "kap-console",
            "redirect_uri": BACK,
            "scope": "openid profile",
            "state": "a-state",
            "nonce": "a-nonce",
            "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in said.items() if value}

    def page(self, **changes: str) -> TestResponse:
        """The page that lists people."""
        query = self.query(**changes)
        return self.client.get("/oauth/authorize", query_string=query)

    def choose(self, person: str = "None:network_admin") -> TestResponse:
        """Somebody is chosen on the page."""
        found = re.search(r'name="page" value="([^"]+)"', self.page().text)
        assert found
        return self.client.post(
            "/oauth/authorize",
            data={"page": found[1], "person": person},
            headers=SAME_ORIGIN,
        )

    def code(self) -> str:
        """A code for the network admin."""
        where = self.choose().headers["Location"]
        return parse_qs(urlsplit(where).query)["code"][0]

    def redeem(self, code: str, /, **changes: str) -> TestResponse:
        """What the issuer says to a code."""
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": self.verifier,
            **changes,
        }
        return token(self.client, "kap-console", said)


@pytest.fixture
def asking(lab: Lab) -> Asking:
    """A client of a console with nothing in it."""
    return Asking(Client(lab.platform.wsgi))


def token(
    client: Client, name: str, said: Mapping[str, str], *, secret: str | None = None
) -> TestResponse:
    """What a program gets that shows a secret; its own, if none is given."""
    known = secret if secret is not None else client_secret(DEVELOPMENT_SECRET, name)
    basic = base64.b64encode(f"{name}:{known}".encode()).decode()
    return client.post(
        "/oauth/token", data=said, headers={"Authorization": f"Basic {basic}"}
    )


def wish(client: Client, **wanted: Any) -> TestResponse:
    """What the demo gets that wants to be somebody."""
    said = {"grant_type": "client_credentials", "wish": json.dumps(wanted)}
    return token(client, "demo", said)


def claims_of(lab: Lab, answer: TestResponse) -> tuple[Mapping[str, Any], Any]:
    """What the token of an answer says to every service."""
    assert answer.status_code == 200, answer.text
    verifier = verifier_of(lab.runtime("console").settings)
    return verifier.claims(answer.json["access_token"])  # type: ignore[index]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nothing_of_it_is_there_when_it_is_off(
    method: str, path: str, tmp_path: Path
) -> None:
    lab = Lab([console], tmp_path, front="console")

    answer = Client(lab.platform.wsgi).open(path, method=method, headers=SAME_ORIGIN)
    lab.close()

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "kap.example:8080"]
)
@pytest.mark.parametrize(("method", "path"), PATHS)
def test_it_answers_to_names_of_this_machine_only(
    method: str, path: str, host: str, lab: Lab
) -> None:
    headers = {**SAME_ORIGIN, "Host": host}

    answer = Client(lab.platform.wsgi).open(path, method=method, headers=headers)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:9", "[::1]:8080", "127.9.9.9"]
)
def test_a_machine_may_call_itself_what_it_likes(host: str, lab: Lab) -> None:
    answer = Client(lab.platform.wsgi).get("/oauth/jwks", headers={"Host": host})

    assert answer.status_code == 200
    assert '"d"' not in answer.text


def test_it_says_of_itself_what_a_client_needs(lab: Lab) -> None:
    told = Client(lab.platform.wsgi).get("/.well-known/openid-configuration").json

    assert told
    assert told["issuer"] == "http://127.0.0.1:8080"
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        assert told[name].startswith("http://127.0.0.1:8080/oauth/")


def test_a_code_is_worth_a_token_for_us_and_a_statement_for_the_console(
    asking: Asking, lab: Lab
) -> None:
    chosen = asking.choose()
    back = parse_qs(urlsplit(chosen.headers["Location"]).query)
    answer = asking.redeem(back["code"][0])

    claims, actor = claims_of(lab, answer)
    said = verifier_of(lab.runtime("console").settings).statement(
        answer.json["id_token"],  # type: ignore[index]
        issuer="http://127.0.0.1:8080",
        audience="kap-console",
    )
    assert chosen.status_code == 303
    assert back["state"] == ["a-state"]
    assert back["iss"] == ["http://127.0.0.1:8080"]
    assert actor.network_roles == {Role.NETWORK_ADMIN}
    assert actor.scopes is None
    assert said["sub"] == claims["sub"]
    assert said["nonce"] == "a-nonce"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_code_is_good_once(asking: Asking) -> None:
    code = asking.code()

    first, second = asking.redeem(code), asking.redeem(code)

    assert first.status_code == 200
    assert second.status_code == 400
    assert second.json == {
        "error": "invalid_grant",
        "error_description": "this code was used already",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "x"},
        {"code": ""},
        {"code_verifier": "x" * 64},
        {"code_verifier": ""},
        {"redirect_uri": "http://127.0.0.1/login/callback"},
        {"redirect_uri": ""},
    ],
)
def test_a_code_is_good_for_whoever_asked_only(
    changes: dict[str, str], asking: Asking
) -> None:
    answer = asking.redeem(asking.code(), **changes)

    assert answer.status_code == 400
    assert answer.json
    assert answer.json["error"] == "invalid_grant"


def test_a_page_is_no_code(asking: Asking) -> None:
    page = re.search(r'name="page" value="([^"]+)"', asking.page().text)
    assert page

    assert asking.redeem(page[1]).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://evil.example/login/callback"},
        {"redirect_uri": "http://localhost@evil.example/login/callback"},
        {"redirect_uri": "http://user@localhost/login/callback"},
        {"redirect_uri": "http://localhost/elsewhere"},
        {"redirect_uri": "http://localhost/login/callback?x=1"},
        {"redirect_uri": "http://localhost/login/callback#x"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "//localhost/login/callback"},
        {"redirect_uri": ""},
        {"client_id": "demo"},
        {"client_id": ""},
        {"response_type": "token"},
        {"scope": "profile"},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": ""},
        {"code_challenge": ""},
        {"code_challenge": "short"},
    ],
    ids=str,
)
def test_a_question_that_does_not_fit_leads_nowhere(
    changes: dict[str, str], asking: Asking
) -> None:
    answer = asking.page(**changes)

    assert answer.status_code == 422
    assert "Location" not in answer.headers
    assert 'name="page"' not in answer.text


def test_the_page_may_lead_back_to_where_it_was_asked_and_nowhere_else(
    asking: Asking,
) -> None:
    policy = asking.page(redirect_uri="http://localhost:81/login/callback").headers[
        "Content-Security-Policy"
    ]

    assert "form-action 'self' http://localhost:81;" in policy


@pytest.mark.parametrize("page", ["", "x", "a.b.c.d.e"])
def test_somebody_chosen_on_no_page_of_ours_is_not_signed_in(
    page: str, asking: Asking
) -> None:
    answer = asking.client.post(
        "/oauth/authorize",
        data={"page": page, "person": "None:network_admin"},
        headers=SAME_ORIGIN,
    )

    assert answer.headers["Location"].startswith("/login")


def test_another_site_signs_nobody_in(asking: Asking) -> None:
    page = re.search(r'name="page" value="([^"]+)"', asking.page().text)
    assert page

    answer = asking.client.post(
        "/oauth/authorize",
        data={"page": page[1], "person": "None:network_admin"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403


@pytest.mark.parametrize("person", ["", "nobody", f"{CLINIC}:monitor", "several"])
def test_somebody_who_is_not_on_the_list_is_not_signed_in(
    person: str, asking: Asking
) -> None:
    assert asking.choose(person).status_code == 422


def test_the_page_lists_the_staff_of_every_clinic(day: ClinicDay) -> None:
    ClinicDay.begin(day.lab, name="Hillcrest")
    asking = Asking(Client(day.lab.platform.wsgi))

    page = asking.page().text

    for name in ("Lakeside", "Hillcrest", "Bea Between", "Nora Nobody"):
        assert name in page
    for job in ("Front desk", "Therapist", "Prescriber", "Monitor", "Clinic admin"):
        assert page.count(f'"job">{job}<') == 2


def test_one_of_them_has_other_roles_in_another_clinic(day: ClinicDay) -> None:
    other = ClinicDay.begin(day.lab, name="Hillcrest")
    browser = Browser(day.lab)
    browser.sign_in("Bea Between")

    _, actor = verifier_of(day.lab.runtime("console").settings).claims(
        browser.cookie("kap_session")
    )

    assert actor.roles == {
        UUID(other.clinic_id): {Role.THERAPIST},
        UUID(day.clinic_id): {Role.CLINIC_ADMIN},
    }


@pytest.mark.parametrize("name", ["demo", "integrator", "kap-console", "x", ""])
@pytest.mark.parametrize("secret", ["", "x", DEVELOPMENT_SECRET])
def test_a_program_must_know_its_secret(name: str, secret: str, lab: Lab) -> None:
    client = Client(lab.platform.wsgi)

    answer = token(client, name, {"grant_type": "client_credentials"}, secret=secret)

    assert answer.status_code == 401
    assert answer.json
    assert answer.json["error"] == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic /w==", "Bearer x", "x"])
def test_what_is_no_secret_is_refused(header: str, lab: Lab) -> None:
    answer = Client(lab.platform.wsgi).post(
        "/oauth/token", headers={"Authorization": header}
    )

    assert answer.status_code == 401


def test_a_program_may_say_its_secret_in_the_form(lab: Lab) -> None:
    known = client_secret(DEVELOPMENT_SECRET, "demo")

    answer = Client(lab.platform.wsgi).post(
        "/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": "demo",
            "client_secret": known,
        },
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("name", "grant", "error"),
    [
        ("demo", "", "unsupported_grant_type"),
        ("demo", "password", "unsupported_grant_type"),
        ("demo", "authorization_code", "unauthorized_client"),
        ("kap-console", "client_credentials", "unauthorized_client"),
        ("kap-console", "refresh_token", "unsupported_grant_type"),
        ("integrator", "authorization_code", "unauthorized_client"),
    ],
)
def test_a_program_may_ask_in_its_own_way_only(
    name: str, grant: str, error: str, lab: Lab
) -> None:
    answer = token(Client(lab.platform.wsgi), name, {"grant_type": grant})

    assert answer.status_code == 400
    assert answer.json
    assert answer.json["error"] == error


def test_the_demo_may_be_whoever_it_wants(lab: Lab) -> None:
    answer = wish(
        Client(lab.platform.wsgi),
        roles={CLINIC: ["therapist", "monitor"]},
        network_roles=["network_admin"],
        name="Somebody",
        subject=CLINIC,
    )

    claims, actor = claims_of(lab, answer)
    assert claims["name"] == "Somebody"
    assert claims["client_id"] == "demo"
    assert actor.id == UUID(CLINIC)
    assert actor.roles == {UUID(CLINIC): {Role.THERAPIST, Role.MONITOR}}
    assert actor.network_roles == {Role.NETWORK_ADMIN}


def test_its_tokens_open_the_services(day: ClinicDay) -> None:
    client = Client(day.lab.platform.wsgi)
    answer = wish(client, roles={day.clinic_id: ["front_desk"]})

    caller = Caller(day.lab, answer.json["access_token"], UUID(day.clinic_id))  # type: ignore[index]

    assert caller.get("scheduling", "")["name"] == "Lakeside"


@pytest.mark.parametrize(
    "wanted",
    [
        {"roles": {CLINIC: ["king"]}},
        {"roles": {"nowhere": ["monitor"]}},
        {"network_roles": "network_admin"},
        {"network_roles": ["service"]},
        {"roles": {CLINIC: ["service"]}},
        {"roles": {CLINIC: ["patient"]}},
        {"subject": "me"},
        {"name": "x" * 81},
        {"wish": "much"},
    ],
)
def test_a_wish_that_does_not_fit_is_refused(wanted: dict[str, Any], lab: Lab) -> None:
    answer = wish(Client(lab.platform.wsgi), **wanted)

    assert answer.status_code == 400
    assert answer.json
    assert answer.json["error"] == "invalid_request"


@pytest.mark.parametrize("text", ["{", "[]", "5", "[" * 2_000])
def test_a_wish_that_is_none_is_refused(text: str, lab: Lab) -> None:
    said = {"grant_type": "client_credentials", "wish": text}

    assert token(Client(lab.platform.wsgi), "demo", said).status_code == 400


def test_another_program_s_wish_counts_for_nothing(day: ClinicDay) -> None:
    said = {
        "grant_type": "client_credentials",
        "scope": "referrals.send",
        "wish": json.dumps({"network_roles": ["network_admin"]}),
    }

    _, actor = claims_of(
        day.lab, token(Client(day.lab.platform.wsgi), "integrator", said)
    )

    assert actor.network_roles == frozenset()
    assert actor.roles == {UUID(day.clinic_id): {Role.INTEGRATOR}}
    assert actor.scopes == {"referrals.send"}


@pytest.mark.parametrize(
    "scope", ["", "openid", "chart.read", "subscriptions chart.read"]
)
def test_an_integrator_must_say_what_it_wants_to_do(scope: str, lab: Lab) -> None:
    said = {"grant_type": "client_credentials", "scope": scope}

    answer = token(Client(lab.platform.wsgi), "integrator", said)

    assert answer.status_code == 400
    assert answer.json
    assert answer.json["error"] == "invalid_scope"


def test_an_integrator_does_what_its_token_names_and_no_more(day: ClinicDay) -> None:
    said = {"grant_type": "client_credentials", "scope": "subscriptions"}
    client = Client(day.lab.platform.wsgi)
    given = token(client, "integrator", said).json
    assert given

    caller = Caller(day.lab, given["access_token"], UUID(day.clinic_id))

    assert caller.get("notifications", "/subscriptions")["items"] == []
    assert caller.request("POST", "intake", "/referrals", {}).status_code == 403


def test_without_the_issuer_its_tokens_open_nothing(lab: Lab) -> None:
    answer = wish(Client(lab.platform.wsgi), network_roles=["network_admin"])
    settings = lab.runtime("console").settings

    with pytest.raises(UnauthenticatedError):
        verifier_of(replace(settings, development_issuer=False)).verify(
            answer.json["access_token"]  # type: ignore[index]
        )


def test_each_program_has_a_secret_of_its_own() -> None:
    made = {client_secret("x", name) for name in ("demo", "integrator", "kap-console")}

    assert len(made) == 3
    digest = hashlib.sha256(b"x").hexdigest()
    assert all(len(secret) == len(digest) for secret in made)


def test_a_demo_learns_where_it_is(lab: Lab) -> None:
    answer = Client(lab.platform.wsgi).get("/dev/about")

    assert answer.json == {"callback_host": "127.0.0.1", "development": True}
