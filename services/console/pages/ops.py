"""How the platform is doing, for the network's admins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, url_for
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.wrappers import Response

from services.console.apis import Answer, Apis
from services.console.pages.events import PRODUCERS
from services.console.pages.site import site, wants_fragment
from services.console.visitor import Visitor
from shared.errors import ForbiddenError, NotFoundError

SERVICES = tuple(dict.fromkeys((*PRODUCERS, "console")))
ACTIONS = frozenset({"retry", "skip"})


@dataclass(frozen=True, kw_only=True)
class Health:
    """What is known of one service; gauges it did not tell are missing."""

    name: str
    is_alive: bool
    is_ready: bool
    gauges: Mapping[str, float]
    dead: Answer

    @property
    def state(self) -> tuple[str, str, str]:
        """Tone, icon and word."""
        if not self.is_alive:
            return ("bad", "cross", "Does not answer")
        if not self.is_ready:
            return ("bad", "warning", "Not ready")
        if self.gauges.get("kap_inbox_dead"):
            return ("warn", "warning", "Dead rows")
        return ("good", "check", "Ready")


@site.get("/ops")
def ops() -> str:
    """Every service, what waits in it, and rows that wait for a person."""
    _demand_admin()
    return _page()


@site.post("/ops/<service>/dead/<uuid:event_id>/<action>")
def settle_dead(service: str, event_id: UUID, action: str) -> str | Response:
    """Handle a dead row again, or give it up."""
    _demand_admin()
    if service not in SERVICES or action not in ACTIONS:
        raise NotFoundError("there is no such service or action")
    apis: Apis = g.apis
    answer = apis.post(service, f"/dead/{event_id}/{action}")
    if not wants_fragment() and answer:
        return redirect(url_for("site.ops"), 303)
    return _page("" if answer else answer.detail)


def _page(problem: str = "") -> str:
    services = [_health(name) for name in SERVICES]
    return render_template(
        "_ops.html" if wants_fragment() else "ops.html",
        section="site.ops",
        services=services,
        problem=problem,
    )


def _demand_admin() -> None:
    visitor: Visitor = g.visitor
    if not visitor.is_network_admin:
        raise ForbiddenError("this page is for the network's admins")


def _health(name: str) -> Health:
    apis: Apis = g.apis
    is_alive = apis.is_well(name, "/healthz")
    gauges = read_gauges(apis.raw(name, "/metrics") or "", name)
    return Health(
        name=name,
        is_alive=is_alive,
        is_ready=is_alive and apis.is_well(name, "/readyz"),
        gauges=gauges,
        dead=apis.get(name, "/dead"),
    )


def read_gauges(text: str, service: str) -> dict[str, float]:
    """The gauges of a service's mailbox, by name, out of its metrics."""
    found: dict[str, float] = {}
    try:
        families: Any = list(text_string_to_metric_families(text))
    except ValueError:
        return found
    for family in families:
        for sample in family.samples:
            if family.type == "gauge" and sample.labels.get("service") == service:
                found[sample.name] = sample.value
    return found
