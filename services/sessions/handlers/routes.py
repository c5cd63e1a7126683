"""By which routes a patient may be treated: intake knows, and is asked."""

from uuid import UUID

from services.sessions.domain.copies import Patient
from services.sessions.domain.errors import RouteRuledOutError
from services.sessions.models import packs
from shared.peers import Peers
from shared.rulepack import Route
from shared.unit_of_work import UnitOfWork


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
