"""Consents that end by themselves: at their time, or with their document."""

from uuid import UUID

from sqlalchemy import select

from services.intake.domain import Consent, EndCause, Episode
from services.intake.handlers.assessing import hold
from services.intake.handlers.standing import reckon
from services.intake.models import consents
from shared.unit_of_work import UnitOfWork

EXPIRE = "expire_consent"
RENEW = "ask_renewal"


def held_consent(consent_id: UUID, uow: UnitOfWork) -> Consent:
    """A consent of this clinic; nobody changes another of its episode meanwhile.

    Raises:
        NotFoundError: there is none.
    """
    query = select(consents.c.episode_id).where(
        consents.c.id == consent_id, consents.c.clinic_id == uow.clinic_id
    )
    if (episode_id := uow.connection.execute(query).scalar()) is not None:
        hold(episode_id, uow)
    return uow.get(Consent, consent_id)


def expire_consent(consent_id: UUID, uow: UnitOfWork) -> None:
    """The time of a consent has come; told unless a newer one to the same holds."""
    consent = held_consent(consent_id, uow)
    if uow.now < consent.valid_until:
        return
    same = select(Consent).where(
        consents.c.patient_id == consent.patient_id, consents.c.type == consent.type
    )
    if not any(other.holds(uow.now) for other in uow.all(same)):
        _end(consent, EndCause.EXPIRED, uow)


def ask_renewal(consent_id: UUID, uow: UnitOfWork) -> None:
    """A consent ends soon: the patient is asked to sign anew, unless that was done."""
    consent = held_consent(consent_id, uow)
    episode = uow.get(Episode, consent.episode_id)
    if not consent.holds(uow.now) or not episode.is_open:
        return
    newer = select(Consent).where(
        consents.c.episode_id == consent.episode_id,
        consents.c.type == consent.type,
        consents.c.valid_until > consent.valid_until,
    )
    if not any(other.holds(uow.now) for other in uow.all(newer)):
        uow.publish(consent.ask_renewal(), of=consent)


def end_consents_to(document_version: str, uow: UnitOfWork) -> None:
    """A document is retired: consents to it that still hold end now."""
    rest_on_it = (
        consents.c.clinic_id == uow.clinic_id,
        consents.c.document_version == document_version,
        consents.c.withdrawn_at.is_(None),
        consents.c.ended_at.is_(None),
        consents.c.valid_until > uow.now,
    )
    found = select(consents.c.episode_id).where(*rest_on_it).distinct()
    # In one order, so that two of these never wait for each other.
    for episode_id in sorted(uow.connection.execute(found).scalars()):
        hold(episode_id, uow)
    for consent in uow.all(select(Consent).where(*rest_on_it)):
        _end(consent, EndCause.DOCUMENT_RETIRED, uow)


def _end(consent: Consent, cause: EndCause, uow: UnitOfWork) -> None:
    for event in consent.end(cause, at=uow.now):
        uow.forget(EXPIRE, about=consent.id)
        uow.forget(RENEW, about=consent.id)
        uow.publish(event, of=consent)
        reckon(uow.get(Episode, consent.episode_id), uow)
