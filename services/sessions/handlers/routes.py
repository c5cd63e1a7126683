"""By which routes a patient may be treated: intake knows, and is asked."""

from uuid import UUID

from sqlalchemy import or_, select

from services.sessions.domain.copies import Patient
from services.sessions.domain.errors import (
    ConsentForOtherRouteError,
    RouteRuledOutError,
)
from services.sessions.models import facts, packs, treatment_consents
from shared.consents import TEMPLATES
from shared.peers import Peers
from shared.readiness import FactName
from shared.rulepack import Route
from shared.unit_of_work import UnitOfWork


def demand_consent(
    patient_id: UUID, route: Route, uow: UnitOfWork, *, peers: Peers
) -> None:
    """Refuse a route that no consent to treatment that holds is about.

    That one holds at all is a readiness fact. What a clinic's own document is about,
    intake is asked; that of the product's documents is known.

    Raises:
        ConsentForOtherRouteError: those that hold are about other routes.
        UnavailableError: intake does not answer.
    """
    told, signed_to = facts.table, treatment_consents
    found = (
        select(signed_to.c.document_version)
        .join(told, told.c.source_id == signed_to.c.id)
        .where(
            signed_to.c.clinic_id == uow.clinic_id,
            told.c.clinic_id == uow.clinic_id,
            told.c.patient_id == patient_id,
            told.c.fact == FactName.CONSENT_TREATMENT,
            told.c.holds.is_(True),
            or_(told.c.valid_until.is_(None), told.c.valid_until > uow.now),
        )
    )
    signed = set(uow.connection.execute(found).scalars())
    if signed and not any(_is_about(one, route, uow, peers) for one in signed):
        raise ConsentForOtherRouteError


def _is_about(reference: str, route: Route, uow: UnitOfWork, peers: Peers) -> bool:
    if reference in TEMPLATES:
        return TEMPLATES[reference].route in (None, route)
    path = f"/v1/clinics/{uow.clinic_id}/consent-documents/{reference}"
    return peers.get("intake", path)["route"] in (None, route.value)


def demand_route(
    patient_id: UUID, route: Route, uow: UnitOfWork, *, peers: Peers
) -> None:
    """Refuse a route that a rule of the clinic's pack speaks against.

    Which route a patient is treated by is no part of any event, so it is asked for; a
    pack without such rules has nothing to ask.

    Raises:
        RouteRuledOutError: one does, or no decision stands that covers the route.
        UnavailableError: intake does not answer.
    """
    rules = packs.of(uow).eligibility.rules
    if not any(route in rule.routes for rule in rules):
        return
    episode_id = uow.get(Patient, patient_id).episode_id
    path = f"/v1/clinics/{uow.clinic_id}/episodes/{episode_id}/routes"
    for said in peers.get("intake", path)["items"]:
        if said["route"] == route and said["is_allowed"]:
            return
    raise RouteRuledOutError
