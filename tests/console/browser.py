"""Somebody who looks at pages: a cookie, and the headers a browser sends."""

import re
import time
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import Client, TestResponse

from services.console.cookies import COOKIE, VISIT, Sealers, Visit
from shared.access import Role
from shared.context import Actor
from shared.errors import UnauthenticatedError
from shared.identity import verifier_of
from shared.ids import uuid7
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.console.busy_day import BusyDay

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HTMX = {**SAME_ORIGIN, "HX-Request": "true"}
"""What a script on our pages sends when it asks for a part of one."""


class Browser:
    """Pages as one person sees them."""

    def __init__(self, lab: Lab, token: str | None = None) -> None:
        self.client = Client(lab.platform.wsgi)
        if token:
            self.client.set_cookie(COOKIE, token)
            self.client.set_cookie(VISIT, visit_of(lab, token))

    @classmethod
    def of(cls, caller: Caller) -> "Browser":
        """The browser of somebody who has a token."""
        return cls(caller.lab, caller.token)

    def look(self, path: str, **more: Any) -> str:
        """A page that must be there, as text without tags' line breaks."""
        answer = self.client.get(path, **more)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200, (answer.status_code, text[:400])
        assert answer.mimetype == "text/html"
        return re.sub(r"\s+", " ", text)

    def get(self, path: str, **more: Any) -> TestResponse:
        """The whole answer."""
        return self.client.get(path, **more)

    def sign_in(self, person: str, *, onward: str = "") -> TestResponse:
        """Choose somebody on the development issuer's page, and come back."""
        start = self.client.get("/login/start", query_string={"next": onward})
        page = self.client.get(start.headers["Location"]).get_data(as_text=True)
        asked = re.search(r'name="page" value="([^"]+)"', page)
        button = re.search(
            rf'name="person" value="([^"]+)">(?:(?!</button>).)*{person}', page, re.S
        )
        assert asked, page[:400]
        assert button, page
        sent = self.send("/oauth/authorize", page=asked[1], person=button[1])
        return self.client.get(path_of(sent))

    def cookie(self, name: str) -> str:
        """What the browser keeps under a name."""
        kept = self.client.get_cookie(name)
        assert kept is not None, name
        return kept.value

    def send(self, path: str, **fields: str) -> TestResponse:
        """A form, as one of our own pages sends it."""
        return self.client.post(path, data=fields, headers=SAME_ORIGIN)


def path_of(answer: TestResponse) -> str:
    """Where an answer leads, within the platform."""
    where = urlsplit(answer.headers["Location"])
    return f"{where.path}?{where.query}" if where.query else where.path


def visit_of(lab: Lab, token: str, *, ago: float = 0.0, **changes: Any) -> str:
    """The cookie of a visit with this token that began some seconds ago."""
    runtime = lab.runtime("console")
    try:
        subject = str(verifier_of(runtime.settings).verify(token).id)
    except UnauthenticatedError:
        subject = str(uuid7())
    then = time.time() - ago
    visit = Visit(subject=subject, began_at=then, active_at=then)
    sealers = Sealers(runtime.settings.signing_key)
    return sealers.visits.seal(
        asdict(replace(visit, **changes)), good_for=timedelta(hours=12)
    )


def token_of(lab: Lab, role: Role, clinic_id: str | None = None) -> str:
    """A token for a role in a clinic, or in the network."""
    if clinic_id is None:
        return lab.issuer.issue(Actor(id=uuid7(), network_roles=frozenset({role})))
    return lab.caller(role, clinic_id=clinic_id).token or ""


def look(busy: BusyDay, role: Role, path: str) -> str:
    """A page of the busy clinic, as a role sees it."""
    browser = Browser.of(busy.day.staff[role])
    return browser.look(f"/clinics/{busy.day.clinic_id}{path}")
