"""Signing in where every service is a process of its own: the console asks itself."""

import re
from html import unescape

import httpx

from cli.api_client import Deployment
from tests.system.processes import RealProcesses

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def test_somebody_signs_in_by_the_issuer_of_a_deployment_of_processes(
    all_processes: RealProcesses,
) -> None:
    with httpx.Client(base_url=all_processes.url, follow_redirects=True) as browser:
        page = browser.get("/ops")
        sealed = re.search(r'name="page" value="([^"]+)"', page.text)
        assert sealed, page.text[:500]
        form = {"page": unescape(sealed[1]), "person": "None:network_admin"}
        entered = browser.post("/oauth/authorize", data=form, headers=SAME_ORIGIN)

        assert entered.status_code == 200
        assert entered.url.path == "/ops"
        assert "Nora Nobody" in entered.text
        left = browser.post("/logout", headers=SAME_ORIGIN)
        assert left.url.path == "/signed-out"
        assert browser.get("/ops").url.path == "/oauth/authorize"


def test_a_token_of_one_process_is_believed_by_every_other(
    all_processes: RealProcesses,
) -> None:
    deployment = Deployment(all_processes.url)
    with deployment.client:
        admin = deployment.development_caller("network_admin")

        for service in ("intake", "scheduling", "sessions", "notifications"):
            assert "items" in admin.get(service, "/dead"), service
