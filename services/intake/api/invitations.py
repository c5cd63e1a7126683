"""Routes of invitations: staff make one, and somebody registers by it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.intake import handlers
from services.intake.api.access import VISIT_LASTS, visit_of
from services.intake.api.base import routes
from services.intake.commands import RegisterPatient
from services.intake.domain import Invitation, Person
from services.intake.schemas import access as schemas
from services.intake.schemas import people
from shared import access
from shared.unit_of_work import UnitOfWork


@routes.post(
    "/invitations",
    scope=access.INVITATIONS,
    takes=schemas.InviteBody(),
    gives=schemas.NewInvitationView(),
    status=201,
)
def invite(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Invite somebody to register; the invitation's code is told this once."""
    invitation, code = handlers.invite(timedelta(days=body["days"]), uow)
    return {
        "id": invitation.id,
        "expires_at": invitation.expires_at,
        "code": code,
    }


@routes.delete(
    "/invitations/<uuid:invitation_id>",
    scope=access.INVITATIONS,
    gives=schemas.InvitationView(),
)
def end_invitation(uow: UnitOfWork, invitation_id: UUID) -> Invitation:
    """Take an invitation back."""
    return handlers.end_invitation(invitation_id, uow)


@routes.post(
    "/invitations/accept",
    scope=access.INVITATION_ACCEPT,
    takes=people.AcceptBody(),
    gives=people.AcceptedView(),
    status=201,
)
def accept_invitation(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Somebody who was invited becomes a patient, and goes on with a token."""
    code, channel = body.pop("code"), body.pop("channel")
    command = RegisterPatient(person=Person(**body), channel=channel)
    patient = handlers.accept_invitation(code, command, uow)
    visit = visit_of(patient.id, until=uow.now + VISIT_LASTS, uow=uow)
    return {**vars(patient), "visit": visit}
