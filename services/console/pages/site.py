"""What all pages have in common: who looks, in which clinic, and the frame around."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.console import cookies, filters, login, queries, security
from services.console.apis import Answer, Apis
from services.console.kept import Kept
from services.console.visitor import Place, Visitor
from shared import access
from shared.access import NETWORK
from shared.errors import ForbiddenError, NotFoundError
from shared.http.routes import current_runtime
from shared.reading import Reading

OPEN = frozenset(
    {
        "site.sign_in",
        "site.enter",
        "site.start",
        "site.come_back",
        "site.leave",
        "site.signed_out",
    }
)
"""Pages for whoever is not signed in."""

BARE = frozenset({"site.session_news"})
"""Answers without a page, which need not know the clinic's name."""

MOST_SENT = 11 * 1_048_576
"""A form with the largest file that is kept."""

site = Blueprint("site", __name__)


class Link(NamedTuple):
    """A page of the clinic, as the menu names it."""

    endpoint: str
    name: str
    icon: str


LINKS = (
    Link("site.board", "Board", "calendar"),
    Link("site.sessions", "Sessions", "pulse"),
    Link("site.patients", "Patients", "people"),
    Link("site.episodes", "Intake", "clipboard"),
    Link("site.ledger", "Ledger", "drop"),
    Link("site.worklist", "Worklist", "list"),
    Link("site.messages", "Messages", "mail"),
    Link("site.cohort", "Outcomes", "gauge"),
    Link("site.rule_packs", "Rules", "shield"),
    Link("site.events", "Events", "stream"),
)
CARE = frozenset({"site.sessions", "site.episodes", "site.ledger", "site.rule_packs"})
"""Links that are of no use without a clinical role."""

_places: Kept[UUID, Place] = Kept(seconds=30, most=1_000)
"""Every page shows the clinic's name; who may see it, the token says."""


@site.before_request
def receive() -> Response | None:
    """Find out who asks and for which clinic, before any page does anything."""
    if request.endpoint == "site.add_file":
        request.max_content_length = MOST_SENT
    security.demand_own_page(cookies.read_token() or None)
    g.place = None
    if request.endpoint in OPEN:
        return None
    g.visitor = login.visitor()
    clinic_id = (request.view_args or {}).get("clinic_id")
    if clinic_id is not None and not g.visitor.actor.roles_in(clinic_id):
        raise NotFoundError("there is no such clinic for you")
    g.apis = Apis(current_runtime().peers, g.visitor.token, clinic_id)
    if clinic_id is not None and request.endpoint not in BARE:
        g.place = place(clinic_id)
    return None


@site.app_context_processor
def frame() -> dict[str, Any]:
    """What the frame around every page shows."""
    visitor: Visitor | None = g.get("visitor")
    here: Place | None = g.get("place")
    apis: Apis | None = g.get("apis")
    links = [
        link
        for link in LINKS
        if here and visitor
        if link.endpoint not in CARE or visitor.sees_care(here.id)
        if link.endpoint != "site.cohort"
        or visitor.may(access.OUTCOMES_REPORT, here.id)
    ]
    return {
        "visitor": visitor,
        "place": here,
        "links": links,
        "form_token": security.form_token(visitor.token) if visitor else "",
        "now": filters.now(),
        "away": apis.away if apis else set(),
        "sees_care": bool(here and visitor and visitor.sees_care(here.id)),
        "works_here": bool(here and visitor and visitor.works_in(here.id)),
        "treats_here": bool(here and visitor and visitor.treats_in(here.id)),
    }


@site.get("/")
def home() -> Response:
    """To the board of one's clinic."""
    visitor: Visitor = g.visitor
    mine = [clinic.id for clinic in my_clinics()]
    if len(mine) == 0 or (visitor.is_network_admin and not visitor.actor.roles):
        return redirect(url_for("site.ops"))
    return redirect(url_for("site.board", clinic_id=mine[0]))


@site.get("/clinics")
def clinics() -> str:
    """The clinics one may look at: the switcher asks for it when it is opened."""
    return render_template("_clinics.html", clinics=my_clinics())


def my_clinics() -> list[Place]:
    """The clinics somebody has a role in, by name; all, for the network."""
    visitor: Visitor = g.visitor
    if visitor.actor.network_roles & NETWORK:
        listed = apis_of(None).get("scheduling", "/clinics")
        for row in listed:
            _keep(row)
        ids = {UUID(row["id"]) for row in listed} | known_zones(None).keys()
    else:
        ids = set(visitor.actor.roles)
    return sorted((place(id_) for id_ in ids), key=lambda found: found.name)


def place(clinic_id: UUID) -> Place:
    """A clinic's name and clock; without scheduling what is known of it must do."""
    if kept := _places.get(clinic_id):
        return kept
    answer = apis_of(clinic_id).get("scheduling", "")
    if answer:
        return _keep(answer.data)
    zone = known_zones(clinic_id).get(clinic_id, "UTC")
    name = f"Clinic {filters.short(clinic_id)}"
    return Place(id=clinic_id, name=name, zone=ZoneInfo(zone))


def apis_of(clinic_id: UUID | None) -> Apis:
    """The services, about another clinic than the page's or about the network."""
    own: Apis = g.apis
    other = Apis(current_runtime().peers, g.visitor.token, clinic_id)
    other.away = own.away
    return other


def known_zones(clinic_id: UUID | None) -> dict[UUID, str]:
    """The clinics' zones as events told them."""
    visitor: Visitor = g.visitor
    with current_runtime().reading(visitor.context(clinic_id)) as reading:
        return queries.zones(reading)


def _keep(row: Mapping[str, Any]) -> Place:
    zone = ZoneInfo(row["time_zone"])
    clinic_id = UUID(row["id"])
    return _places.put(clinic_id, Place(id=clinic_id, name=row["name"], zone=zone))


def read(clinic_id: UUID) -> AbstractContextManager[Reading]:
    """A reading of the console's own tables for whoever looks."""
    visitor: Visitor = g.visitor
    return current_runtime().reading(visitor.context(clinic_id))


def demand_found(answer: Answer) -> None:
    """End here if what the page is about is not there, or not for this person.

    Raises:
        NotFoundError: there is no such record in this clinic.
        ForbiddenError: the service says that it is not for them.
    """
    if answer.standing == "missing":
        raise NotFoundError(answer.detail)
    if answer.standing == "forbidden":
        raise ForbiddenError(answer.detail)


def wants_fragment() -> bool:
    """Whether a script asks for a part of the page, not the browser for all of it."""
    return request.headers.get("HX-Request") == "true"
