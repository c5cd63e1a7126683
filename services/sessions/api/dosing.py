"""Routes of the dose: checked, authorised, given."""

from typing import Any
from uuid import UUID

from services.sessions.api.base import drawn_from, routes, stale_facts
from services.sessions.commands import AuthoriseDose, CompletePrecheck, GiveDose
from services.sessions.domain.precheck import Answers
from services.sessions.domain.session import Session
from services.sessions.handlers import dosing as handlers
from services.sessions.handlers.routes import demand_consent, demand_route
from services.sessions.schemas import session as schemas
from shared import access
from shared.http.routes import current_runtime
from shared.unit_of_work import UnitOfWork
from shared.worker.catching_up import catch_up

_session = schemas.SessionView()
_dose = schemas.DoseView()


@routes.post(
    "/sessions/<uuid:session_id>/precheck",
    scope=access.PRECHECK_WRITE,
    takes=schemas.PrecheckBody(),
    gives=_session,
)
def complete_precheck(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID
) -> Session:
    """The checks before a dose are done: go, hold or stop."""
    command = CompletePrecheck(session_id=session_id, answers=Answers(**body))
    return handlers.complete_precheck(command, uow)


@routes.post(
    "/sessions/<uuid:session_id>/authorise",
    scope=access.DOSE_AUTHORISE,
    takes=schemas.AuthoriseBody(),
    gives=_session,
    before=catch_up,
)
def authorise_dose(uow: UnitOfWork, body: dict[str, Any], session_id: UUID) -> Session:
    """A prescriber allows a dose, every readiness fact holding at this moment."""
    command = AuthoriseDose(session_id=session_id, **body)
    session = handlers.authorise_dose(command, uow, stale=stale_facts(uow))
    _demand_covered(session, uow)
    return session


@routes.post(
    "/sessions/<uuid:session_id>/doses",
    scope=access.BEDSIDE_WRITE,
    takes=schemas.DoseBody(),
    gives=schemas.GivenView(),
    status=201,
    before=catch_up,
)
def give_dose(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID
) -> dict[str, Any]:
    """An authorised dose was given."""
    draws = drawn_from(body.pop("draws"))
    command = GiveDose(session_id=session_id, draws=draws, **body)
    session, dose = handlers.give_dose(command, uow, stale=stale_facts(uow))
    _demand_covered(session, uow)
    return {**{name: getattr(dose, name) for name in _dose.fields}, "session": session}


def _demand_covered(session: Session, uow: UnitOfWork) -> None:
    """Refuse a route that no consent covers, or that a rule speaks against."""
    peers = current_runtime().peers
    demand_consent(session.patient_id, session.route, uow, peers=peers)
    demand_route(session.patient_id, session.route, uow, peers=peers)
