"""Consents: signed before a witness, taken back at any time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.intake.commands import SignConsent, WitnessConsent
from services.intake.domain import (
    RENEWED_BEFORE,
    Consent,
    ConsentType,
    Episode,
    FileKind,
    Patient,
)
from services.intake.handlers.assessing import held_episode
from services.intake.handlers.consent_documents import document_in_force, end_of
from services.intake.handlers.expiring import EXPIRE, RENEW, held_consent
from services.intake.handlers.files import keep_paper
from services.intake.handlers.papers import consent_paper
from services.intake.handlers.standing import reckon
from services.intake.models import consents, packs
from shared.consents import Document
from shared.errors import NotFoundError
from shared.ids import uuid7
from shared.readiness import FactName
from shared.unit_of_work import UnitOfWork

_FACTS = {
    ConsentType.TREATMENT: FactName.CONSENT_TREATMENT,
    ConsentType.OFFLABEL: FactName.CONSENT_OFFLABEL,
}


def sign_consent(command: SignConsent, uow: UnitOfWork) -> Consent:
    """A patient consents, before a witness or alone.

    Raises:
        DocumentNotInForceError: the clinic has no such document, or no longer.
        NotAgreedError: a sentence of it has no yes.
        WrongStateError: the episode is at its end.
    """
    document = document_in_force(command.document_version, command.consent_type, uow)
    episode = held_episode(command.episode_id, uow)
    episode.demand_open()
    consent = Consent(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=episode.patient_id,
        episode_id=episode.id,
        type=command.consent_type,
        document_version=command.document_version,
        items=list(command.items),
        signed_name=command.signed_name,
        recorded_by=uow.actor_id,
        signed_at=uow.now,
        valid_until=_valid_until(document, uow),
    )
    consent.demand_whole(document)
    uow.add(consent)
    if command.witness_name is None:
        uow.publish(consent.submit(), of=consent)
    else:
        _witness(consent, command.witness_name, document, episode, uow)
    return consent


def witness_consent(command: WitnessConsent, uow: UnitOfWork) -> Consent:
    """A member of staff vouches that a patient signed; it counts from now on.

    Raises:
        DocumentNotInForceError: the document was retired since.
        AlreadyWitnessedError: somebody did before.
        ConsentOverError: it was taken back or has come to its end.
        WrongStateError: the episode is at its end.
    """
    found = uow.get(Consent, command.consent_id)
    document = document_in_force(found.document_version, found.type, uow)
    consent = held_consent(command.consent_id, uow)
    episode = uow.get(Episode, consent.episode_id)
    episode.demand_open()
    _witness(consent, command.witness_name, document, episode, uow)
    return consent


def withdraw_own_consent(
    patient_id: UUID, consent_id: UUID, uow: UnitOfWork
) -> Consent:
    """A patient takes an own consent back, and with it any older one to the same.

    Raises:
        NotFoundError: the patient has no such consent.
        AlreadyWithdrawnError: it was taken back before.
    """
    consent = uow.find(Consent, consent_id)
    if consent is None or consent.patient_id != patient_id:
        raise NotFoundError("there is no such consent in this clinic")
    return withdraw_consent(consent_id, uow)


def _witness(
    consent: Consent, name: str, document: Document, episode: Episode, uow: UnitOfWork
) -> None:
    event = consent.witness(name, by=uow.actor_id, at=uow.now)
    patient = uow.get(Patient, consent.patient_id)
    paper = consent_paper(consent, document, patient)
    file = keep_paper(paper, FileKind.CONSENT, patient.id, uow)
    consent.file_id, consent.paper_digest = file.id, file.digest
    uow.publish(event, of=consent)
    uow.remind(EXPIRE, about=consent.id, at=consent.valid_until)
    uow.remind(RENEW, about=consent.id, at=consent.valid_until - RENEWED_BEFORE)
    uow.flush()
    reckon(episode, uow)


def withdraw_consent(consent_id: UUID, uow: UnitOfWork) -> Consent:
    """A patient takes a consent back, and with it any older one to the same.

    Raises:
        AlreadyWithdrawnError: it was taken back before.
    """
    # Signing waits for this, so no consent to the same can slip in unseen.
    consent = held_consent(consent_id, uow)
    _withdraw(consent, uow)
    same = select(Consent).where(
        consents.c.patient_id == consent.patient_id,
        consents.c.type == consent.type,
        consents.c.id != consent.id,
        consents.c.withdrawn_at.is_(None),
        consents.c.ended_at.is_(None),
    )
    for other in uow.all(same):
        _withdraw(other, uow)
    reckon(uow.get(Episode, consent.episode_id), uow)
    return consent


def _withdraw(consent: Consent, uow: UnitOfWork) -> None:
    uow.forget(EXPIRE, about=consent.id)
    uow.forget(RENEW, about=consent.id)
    uow.publish(consent.withdraw(by=uow.actor_id, at=uow.now), of=consent)


def _valid_until(document: Document, uow: UnitOfWork) -> datetime:
    """As long as the document says, but no longer than the rule pack allows."""
    until = end_of(document, uow.now)
    fact = _FACTS.get(document.type)
    if fact is None:
        return until
    return min(until, uow.now + packs.of(uow).readiness.validity[fact])
