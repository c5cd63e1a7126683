"""Routes to a record beside the roles: in an emergency, and by a private link."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.intake import handlers
from services.intake.api.base import routes
from services.intake.domain import EmergencyAccess, PatientLink
from services.intake.schemas import access as schemas
from shared import access
from shared.access import Role
from shared.context import Actor
from shared.http.routes import current_runtime
from shared.identity import TokenIssuer
from shared.unit_of_work import UnitOfWork

VISIT_LASTS = timedelta(hours=1)
"""How long a patient goes on with a link that was opened."""


@routes.post(
    "/patients/<uuid:patient_id>/emergency",
    scope=access.BREAK_GLASS,
    takes=schemas.BreakGlassBody(),
    gives=schemas.EmergencyAccessView(),
    status=201,
)
def break_glass(
    uow: UnitOfWork, body: dict[str, Any], patient_id: UUID
) -> EmergencyAccess:
    """Open a patient's record in an emergency; the clinic's administrator is told."""
    return handlers.break_glass(patient_id, body["reason"], uow)


@routes.post(
    "/patients/<uuid:patient_id>/links",
    scope=access.PATIENT_LINK,
    gives=schemas.NewLinkView(),
    status=201,
)
def make_link(uow: UnitOfWork, patient_id: UUID) -> dict[str, Any]:
    """Make a private link for a patient; its code is told this once."""
    link, code = handlers.make_link(patient_id, uow)
    return {
        "id": link.id,
        "patient_id": link.patient_id,
        "expires_at": link.expires_at,
        "code": code,
    }


@routes.delete(
    "/patients/<uuid:patient_id>/links/<uuid:link_id>",
    scope=access.PATIENT_LINK,
    gives=schemas.LinkView(),
)
def end_link(uow: UnitOfWork, patient_id: UUID, link_id: UUID) -> PatientLink:
    """Have a private link open nothing any more."""
    return handlers.end_link(patient_id, link_id, uow)


@routes.post(
    "/links/open",
    scope=access.LINK_OPEN,
    takes=schemas.OpenLinkBody(),
    gives=schemas.PatientTokenView(),
)
def open_link(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """A patient opens a private link: a token for the own record."""
    link = handlers.open_link(body["code"], uow)
    return visit_of(link.patient_id, until=link.expires_at, uow=uow)


def visit_of(patient_id: UUID, *, until: datetime, uow: UnitOfWork) -> dict[str, Any]:
    """What a patient goes on with, for an hour and no longer than until then."""
    patient = Actor(id=patient_id, roles={uow.clinic_id: frozenset({Role.PATIENT})})
    settings = current_runtime().settings
    issuer = TokenIssuer(settings.signing_key, issuer=settings.token_issuer)
    ends_at = min(uow.now + VISIT_LASTS, until)
    return {
        "patient_id": patient_id,
        "token": issuer.issue(patient, valid_for=ends_at - uow.now),
        "expires_at": ends_at,
    }
