"""Intake's routes."""

from datetime import date
from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.commands import (
    ClearFlag,
    DecideEpisode,
    ErasePatient,
    FindPatients,
    GrantClearance,
    ReceiveReferral,
    RecordMeasure,
    RecordScreen,
    RegisterPatient,
    SignConsent,
)
from services.intake.domain import (
    Clearance,
    Consent,
    Episode,
    Measure,
    MeasureContext,
    Patient,
    Person,
    SafetyFlag,
)
from services.intake.schemas import care, people
from shared.context import CLINICAL, STAFF, Role
from shared.http import Page, Routes
from shared.http.routes import current_runtime
from shared.rulepack import load_pack
from shared.unit_of_work import Reading, UnitOfWork

routes = Routes("intake", "From first contact to treatment")

DESK = {Role.FRONT_DESK, Role.CLINIC_ADMIN}
CARE = CLINICAL | {Role.CLINIC_ADMIN}
"""Who takes and reads answers and what they come to; the front desk sees logistics."""
REGISTRARS = DESK | {Role.THERAPIST, Role.PRESCRIBER}
SENDERS = DESK | {Role.NETWORK_ADMIN, Role.INTEGRATOR}

_outcome = people.ReferralOutcomeView()


@routes.post(
    "/patients",
    roles=REGISTRARS,
    takes=people.RegisterPatientBody(),
    gives=people.PatientView(),
    status=201,
)
def register_patient(uow: UnitOfWork, body: dict[str, Any]) -> Patient:
    """Somebody becomes a patient."""
    channel = body.pop("channel")
    command = RegisterPatient(person=Person(**body), channel=channel)
    return handlers.register_patient(command, uow)


@routes.post(
    "/referrals",
    roles=SENDERS,
    takes=people.ReferralBody(),
    gives=_outcome,
    status=201,
)
@routes.alt_response(  # type: ignore[untyped-decorator]
    200, schema=_outcome, description="Known already", success=True
)
def receive_referral(
    uow: UnitOfWork, body: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    """Somebody outside asks for a patient to be seen."""
    referral, patient, is_new = handlers.receive_referral(ReceiveReferral(**body), uow)
    answer = {
        "outcome": "created" if is_new else "already_known",
        "referral_id": referral.id,
        "patient_id": patient.id,
        "episode_id": patient.episode_id,
    }
    return answer, 201 if is_new else 200


@routes.get("/patients", roles=STAFF, query=Page(), gives=people.PatientsView())
def list_patients(reading: Reading, query: dict[str, Any]) -> Any:
    """The clinic's patients, newest first."""
    return queries.page_of_patients(reading, **query)


@routes.post(
    "/patients/search",
    roles=STAFF,
    takes=people.SearchBody(),
    gives=people.PatientsView(),
)
def search_patients(uow: UnitOfWork, body: dict[str, Any]) -> Any:
    """Who fits: asked by a body, for addresses of pages and logs name nobody."""
    indexes = handlers.indexes_of(FindPatients(**body), uow)
    return queries.patients_at(Reading(uow.connection, uow.context), indexes)


@routes.post(
    "/patients/<uuid:patient_id>/erase",
    roles={Role.CLINIC_ADMIN},
    takes=people.EraseBody(),
    gives=people.ErasedView(),
)
def erase_patient(uow: UnitOfWork, body: dict[str, Any], patient_id: UUID) -> Patient:
    """Who a patient was is forgotten for good; the records stay, without a name."""
    return handlers.erase_patient(ErasePatient(patient_id=patient_id, **body), uow)


@routes.get(
    "/patients/<uuid:patient_id>", roles=STAFF, gives=people.PatientDetailView()
)
def show_patient(reading: Reading, patient_id: UUID) -> Any:
    """A patient, with all that came along with referrals that the caller may know."""
    found = queries.patient(reading, patient_id)
    if reading.context.actor.roles_in(reading.context.clinic_id) & CARE:
        return found
    return {**found, "conditions": [], "medications": []}


@routes.get(
    "/patients/<uuid:patient_id>/contact",
    roles=DESK | {Role.SERVICE},
    gives=people.ContactView(),
)
def show_contact(reading: Reading, patient_id: UUID) -> Any:
    """How a patient is reached; asked at the moment of sending."""
    return queries.contact(reading, patient_id)


@routes.get("/episodes/<uuid:episode_id>", roles=CARE, gives=care.EpisodeDetailView())
def show_episode(reading: Reading, episode_id: UUID) -> dict[str, Any]:
    """An episode, and what the rule pack says of it."""
    now = current_runtime().clock()
    found = queries.episode(reading, episode_id, now)
    return {**found, "verdict": _verdict(found, now.date())}


@routes.post(
    "/episodes/<uuid:episode_id>/measures",
    roles=CARE,
    takes=care.MeasureBody(),
    gives=care.MeasureView(),
    status=201,
)
def record_measure(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Measure:
    """A questionnaire was answered."""
    instrument = body.pop("instrument").value
    return handlers.record_measure(
        RecordMeasure(episode_id=episode_id, instrument=instrument, **body), uow
    )


@routes.post(
    "/episodes/<uuid:episode_id>/safety-screen",
    roles=CARE,
    takes=care.ScreenBody(),
    gives=care.EpisodeView(),
)
def record_screen(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Episode:
    """The safety screen was answered; the latest counts."""
    return handlers.record_screen(RecordScreen(episode_id=episode_id, **body), uow)


@routes.post(
    "/episodes/<uuid:episode_id>/decision",
    roles={Role.PRESCRIBER},
    takes=care.DecisionBody(),
    gives=care.DecidedView(),
)
def decide_episode(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Episode:
    """A prescriber signs whether the patient may be treated."""
    return handlers.decide_episode(DecideEpisode(episode_id=episode_id, **body), uow)


@routes.post(
    "/episodes/<uuid:episode_id>/consents",
    roles=STAFF,
    takes=care.ConsentBody(),
    gives=care.ConsentView(),
    status=201,
)
def sign_consent(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Consent:
    """A patient consents before a witness."""
    return handlers.sign_consent(SignConsent(episode_id=episode_id, **body), uow)


@routes.post(
    "/consents/<uuid:consent_id>/withdraw", roles=STAFF, gives=care.ConsentView()
)
def withdraw_consent(uow: UnitOfWork, consent_id: UUID) -> Consent:
    """A patient takes a consent back."""
    return handlers.withdraw_consent(consent_id, uow)


@routes.post(
    "/episodes/<uuid:episode_id>/clearances",
    roles={Role.PRESCRIBER},
    takes=care.ClearanceBody(),
    gives=care.ClearanceView(),
    status=201,
)
def grant_clearance(
    uow: UnitOfWork, body: dict[str, Any], episode_id: UUID
) -> Clearance:
    """A prescriber finds the patient fit."""
    return handlers.grant_clearance(GrantClearance(episode_id=episode_id, **body), uow)


@routes.get("/safety-flags", roles=CARE | {Role.SERVICE}, gives=care.FlagsView())
def list_flags(reading: Reading) -> dict[str, Any]:
    """Safety flags nobody has cleared."""
    return {"items": queries.open_flags(reading)}


@routes.post(
    "/safety-flags/<uuid:flag_id>/clear",
    roles={Role.PRESCRIBER, Role.THERAPIST},
    takes=care.ClearFlagBody(),
    gives=care.FlagView(),
)
def clear_flag(uow: UnitOfWork, body: dict[str, Any], flag_id: UUID) -> SafetyFlag:
    """A clinician has seen to a safety flag."""
    return handlers.clear_flag(ClearFlag(flag_id=flag_id, **body), uow)


def _verdict(found: queries.Row, on: date) -> dict[str, Any]:
    answers = found["screen"]["answers"] if found["screen"] else {}
    verdict = handlers.verdict_of(answers, birth_date=found["birth_date"], on=on)
    answered = {
        measure["instrument"]
        for measure in found["measures"]
        if measure["context"] is MeasureContext.INTAKE
    }
    return {
        "outcome": verdict.outcome,
        "rule_pack": load_pack().version,
        "missing": verdict.missing,
        "missing_forms": handlers.missing_forms(answered),
        "rules": verdict.results,
    }
