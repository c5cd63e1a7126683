"""Invitations: a private link by which somebody becomes a patient, once."""

from datetime import timedelta
from uuid import UUID

from services.intake.commands import RegisterPatient
from services.intake.domain import Invitation, Patient, digest_of
from services.intake.handlers.access import coded, new_code
from services.intake.handlers.patients import register_invited
from shared.unit_of_work import UnitOfWork


def invite(lasts: timedelta, uow: UnitOfWork) -> tuple[Invitation, str]:
    """An invitation to register, and its code, which nobody can read again."""
    invitation_id, secret, code = new_code()
    invitation = Invitation(
        id=invitation_id,
        clinic_id=uow.clinic_id,
        digest=digest_of(secret),
        made_by=uow.actor_id,
        expires_at=uow.now + lasts,
    )
    uow.touch(record=("invitation", invitation.id))
    return uow.add(invitation), code


def accept_invitation(code: str, command: RegisterPatient, uow: UnitOfWork) -> Patient:
    """Somebody who was invited becomes a patient; the invitation ends with that.

    Raises:
        NotFoundError: the code opens nothing: unknown, of another clinic, used, ended
            or expired.
        InvalidError: nobody can be registered like that; the invitation stays good.
        StaleError: somebody else used it at the same moment; the database says so at
            the commit.
    """
    invitation = coded(Invitation, code, uow)
    uow.touch(record=("invitation", invitation.id))
    patient = register_invited(command, uow)
    invitation.use(patient.id, at=uow.now)
    return patient


def end_invitation(invitation_id: UUID, uow: UnitOfWork) -> Invitation:
    """An invitation is taken back.

    Raises:
        NotFoundError: there is no such invitation in this clinic.
        LinkEndedError: it was used or has ended before.
    """
    invitation = uow.get(Invitation, invitation_id)
    invitation.end(at=uow.now)
    return invitation
