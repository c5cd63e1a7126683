"""Routes of consents: signed before a witness or alone, witnessed, taken back."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.commands import SignConsent, WitnessConsent
from services.intake.domain import Consent, Patient
from services.intake.schemas import consents
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.get(
    "/episodes/<uuid:episode_id>/consents",
    scope=access.CONSENT_READ,
    gives=consents.ConsentsView(),
)
def list_consents(reading: Reading, episode_id: UUID) -> queries.Row:
    """What was consented to in an episode, and what can be signed."""
    return queries.consents_of(reading, episode_id, current_runtime().clock())


@routes.post(
    "/episodes/<uuid:episode_id>/consents",
    scope=access.CONSENT_WRITE,
    takes=consents.ConsentBody(),
    gives=consents.ConsentView(),
    status=201,
)
def sign_consent(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Consent:
    """A patient consents; whoever sends it saw it and is the witness."""
    return handlers.sign_consent(SignConsent(episode_id=episode_id, **body), uow)


@routes.post(
    "/consents/<uuid:consent_id>/witness",
    scope=access.CONSENT_WRITE,
    takes=consents.WitnessBody(),
    gives=consents.ConsentView(),
)
def witness_consent(uow: UnitOfWork, body: dict[str, Any], consent_id: UUID) -> Consent:
    """Vouch that a patient signed; the consent counts from now on."""
    command = WitnessConsent(consent_id=consent_id, **body)
    return handlers.witness_consent(command, uow)


@routes.post(
    "/consents/<uuid:consent_id>/withdraw",
    scope=access.CONSENT_WRITE,
    gives=consents.ConsentView(),
)
def withdraw_consent(uow: UnitOfWork, consent_id: UUID) -> Consent:
    """A patient takes a consent back."""
    return handlers.withdraw_consent(consent_id, uow)


@routes.get(
    "/patients/<uuid:patient_id>/consents",
    scope=access.OWN_FORMS,
    gives=consents.ConsentsView(),
)
def list_own_consents(reading: Reading, patient_id: UUID) -> queries.Row:
    """What a patient has consented to, and what can be signed."""
    return queries.own_consents(reading, patient_id, current_runtime().clock())


@routes.post(
    "/patients/<uuid:patient_id>/consents",
    scope=access.OWN_FORMS,
    takes=consents.OwnConsentBody(),
    gives=consents.ConsentView(),
    status=201,
)
def sign_own_consent(
    uow: UnitOfWork, body: dict[str, Any], patient_id: UUID
) -> Consent:
    """A patient consents alone; it counts once a member of staff has witnessed it."""
    episode_id = uow.get(Patient, patient_id).episode_id
    return handlers.sign_consent(SignConsent(episode_id=episode_id, **body), uow)


@routes.post(
    "/patients/<uuid:patient_id>/consents/<uuid:consent_id>/withdraw",
    scope=access.OWN_FORMS,
    gives=consents.ConsentView(),
)
def withdraw_own_consent(
    uow: UnitOfWork, patient_id: UUID, consent_id: UUID
) -> Consent:
    """A patient takes an own consent back."""
    return handlers.withdraw_own_consent(patient_id, consent_id, uow)
