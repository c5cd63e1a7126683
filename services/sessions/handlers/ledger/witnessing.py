"""Witness codes: made by the witness, used where the other one works."""

from uuid import UUID

from sqlalchemy import select, update

from services.sessions.domain.ledger.errors import WitnessCodeInvalidError
from services.sessions.domain.ledger.witness import (
    VALID_FOR,
    WitnessCode,
    as_typed,
    new_code,
)
from services.sessions.models.ledger import witness_codes
from shared.ids import uuid7
from shared.privacy.columns import vault_of
from shared.unit_of_work import UnitOfWork


def make_code(uow: UnitOfWork) -> tuple[WitnessCode, str]:
    """A code of whoever asks; an earlier one of theirs is good no more."""
    earlier = (
        witness_codes.c.clinic_id == uow.clinic_id,
        witness_codes.c.witness_id == uow.actor_id,
        witness_codes.c.used_at.is_(None),
        witness_codes.c.expires_at > uow.now,
    )
    uow.connection.execute(
        update(witness_codes).where(*earlier).values(expires_at=uow.now)
    )
    code = new_code()
    made = WitnessCode(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        witness_id=uow.actor_id,
        digest=_digest(code, uow),
        made_at=uow.now,
        expires_at=uow.now + VALID_FOR,
    )
    return uow.add(made), code


def stood_by(code: str, uow: UnitOfWork, *, field: str = "witness_code") -> UUID:
    """Who made a code: they stand by; it is good no more, if all of this happens.

    Raises:
        WitnessCodeInvalidError: nobody made it here, or it was used, or is too old.
        WitnessIsActorError: nobody is their own witness.
    """
    query = select(WitnessCode).where(
        witness_codes.c.digest == _digest(as_typed(code), uow)
    )
    found = uow.all(query.with_for_update(key_share=True))
    if not found:
        raise WitnessCodeInvalidError(field=field)
    return found[0].use(by=uow.actor_id, at=uow.now)


def _digest(code: str, uow: UnitOfWork) -> str:
    vault = vault_of(uow.connection)
    label = "witness_codes"
    return vault.index(uow.connection, uow.clinic_id, label, code, exact=True)
