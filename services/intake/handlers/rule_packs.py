"""Drafting a clinic's rule pack, and signing it."""

from uuid import UUID

from sqlalchemy import select

from services.intake.commands import SignRulePack
from services.intake.domain import PackEdition, PackExistsError, Trial
from services.intake.handlers.trying import TAKE_EFFECT
from services.intake.models import pack_editions, packs, trials
from shared.ids import uuid7
from shared.packs import NOTICE
from shared.rulepack import is_shipped, read_clinic_pack
from shared.unit_of_work import UnitOfWork

RECORD = "rule_pack"


def draft_rule_pack(text: str, uow: UnitOfWork) -> PackEdition:
    """Somebody writes down a pack of the clinic's own.

    Raises:
        InvalidError: the text does not fit; it names the path of every fault.
        PackExistsError: the clinic or the product has this version.
    """
    said = read_clinic_pack(text)
    edition = PackEdition(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        reference=said.pack.version,
        text=text,
        digest=said.digest,
        drafted_by=uow.actor_id,
        drafted_at=uow.now,
    )
    _demand_free(edition, uow)
    uow.add(edition)
    uow.flush()
    uow.touch(record=(RECORD, edition.id))
    return edition


def rewrite_rule_pack(pack_id: UUID, text: str, uow: UnitOfWork) -> PackEdition:
    """A draft says something else.

    Raises:
        AlreadySignedError: it is no draft any more.
        InvalidError: the text does not fit.
        PackExistsError: the clinic or the product has this version.
    """
    edition = held_edition(pack_id, uow)
    edition.rewrite(text)
    _demand_free(edition, uow)
    uow.flush()
    uow.touch(record=(RECORD, edition.id))
    return edition


def sign_rule_pack(command: SignRulePack, uow: UnitOfWork) -> PackEdition:
    """The medical lead makes it the clinic's pack from a time on.

    Raises:
        ConflictError: it is signed, not tested or not tried; see `PackEdition.sign`.
        InvalidError: it would take effect too soon.
    """
    edition = held_edition(command.pack_id, uow)
    event = edition.sign(
        _latest_trial(edition.id, uow),
        by=uow.actor_id,
        at=uow.now,
        effective_at=command.effective_at,
        notice=NOTICE,
    )
    packs.put(event, edition.text, uow)
    uow.remind(TAKE_EFFECT, about=edition.id, at=command.effective_at)
    uow.publish(event, of=edition)
    return edition


def held_edition(pack_id: UUID, uow: UnitOfWork) -> PackEdition:
    """A pack of this clinic that nobody else changes meanwhile."""
    row = select(pack_editions.c.id).where(pack_editions.c.id == pack_id)
    uow.connection.execute(row.with_for_update())
    return uow.get(PackEdition, pack_id)


def _latest_trial(pack_id: UUID, uow: UnitOfWork) -> Trial | None:
    of_it = select(Trial).where(trials.c.pack_id == pack_id)
    found = uow.all(of_it.order_by(trials.c.id.desc()).limit(1))
    return found[0] if found else None


def _demand_free(edition: PackEdition, uow: UnitOfWork) -> None:
    """Refuse a version that the product or the clinic has used.

    Raises:
        PackExistsError: it is taken; should two come at once, the database says so.
    """
    same = select(pack_editions.c.id).where(
        pack_editions.c.clinic_id == uow.clinic_id,
        pack_editions.c.reference == edition.reference,
        pack_editions.c.id != edition.id,
    )
    if is_shipped(edition.reference) or uow.connection.execute(same).first():
        raise PackExistsError
