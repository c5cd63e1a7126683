"""Somebody who looks at pages: a cookie, and the headers a browser sends."""

import re
from typing import Any

from werkzeug.test import Client, TestResponse

from services.console.login import COOKIE
from shared.access import Role
from shared.context import Actor
from shared.ids import uuid7
from shared.testing.lab import Caller, Lab
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

    def send(self, path: str, **fields: str) -> TestResponse:
        """A form, as one of our own pages sends it."""
        return self.client.post(path, data=fields, headers=SAME_ORIGIN)


def token_of(lab: Lab, role: Role, clinic_id: str | None = None) -> str:
    """A token for a role in a clinic, or in the network."""
    if clinic_id is None:
        return lab.issuer.issue(Actor(id=uuid7(), network_roles=frozenset({role})))
    return lab.caller(role, clinic_id=clinic_id).token or ""


def look(busy: BusyDay, role: Role, path: str) -> str:
    """A page of the busy clinic, as a role sees it."""
    browser = Browser.of(busy.day.staff[role])
    return browser.look(f"/clinics/{busy.day.clinic_id}{path}")
