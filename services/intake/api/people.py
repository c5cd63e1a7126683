"""Routes of patients: registered, referred, looked up, reached."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.commands import (
    ChangeContact,
    CorrectIdentity,
    ErasePatient,
    FindPatients,
    ReceiveReferral,
    RegisterPatient,
)
from services.intake.domain import ContactChanges, IdentityChanges, Patient, Person
from services.intake.schemas import people
from shared import access
from shared.access import CARE, DESK, Purpose
from shared.http import Page
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

_outcome = people.ReferralOutcomeView()


@routes.post(
    "/patients",
    scope=access.PATIENTS_REGISTER,
    takes=people.RegisterPatientBody(),
    gives=people.RegisteredView(),
    status=201,
)
def register_patient(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Somebody becomes a patient, perhaps for the second time."""
    channel = body.pop("channel")
    command = RegisterPatient(person=Person(**body), channel=channel)
    patient = handlers.register_patient(command, uow)
    return {**vars(patient), "possible_duplicates": _duplicates_of(patient, uow)}


@routes.post(
    "/referrals",
    scope=access.REFERRALS_SEND,
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
    answer: dict[str, Any] = {
        "outcome": "created" if is_new else "already_known",
        "referral_id": referral.id,
        "patient_id": patient.id,
        "episode_id": patient.episode_id,
    }
    if is_new and uow.context.roles & DESK:
        # To whoever refers from outside it would tell who is a patient here already.
        answer["possible_duplicates"] = _duplicates_of(patient, uow)
    return answer, 201 if is_new else 200


@routes.get(
    "/patients", scope=access.PATIENTS_READ, query=Page(), gives=people.PatientsView()
)
def list_patients(reading: Reading, query: dict[str, Any]) -> Any:
    """The clinic's patients, newest first."""
    return queries.page_of_patients(reading, **query)


@routes.get(
    "/patients/<uuid:patient_id>",
    scope=access.PATIENT_READ,
    gives=people.PatientDetailView(),
    in_emergency=True,
)
def show_patient(reading: Reading, patient_id: UUID) -> Any:
    """A patient, with all that came along with referrals that the caller may know."""
    found = queries.patient(reading, patient_id)
    asked = reading.context
    if asked.roles & CARE or asked.purpose is Purpose.EMERGENCY:
        return found
    return {**found, "conditions": [], "medications": []}


@routes.get(
    "/patients/<uuid:patient_id>/contact",
    scope=access.CONTACT_READ,
    gives=people.ContactView(),
)
def show_contact(reading: Reading, patient_id: UUID) -> Any:
    """How a patient is reached; asked at the moment of sending."""
    return queries.contact(reading, patient_id)


@routes.post(
    "/patients/<uuid:patient_id>/contact",
    scope=access.CONTACT_WRITE,
    takes=people.ContactBody(),
    gives=people.FullPatientView(),
)
def change_contact(uow: UnitOfWork, body: ContactChanges, patient_id: UUID) -> Patient:
    """Reach a patient in another way; what the body does not name stays."""
    return handlers.change_contact(
        ChangeContact(patient_id=patient_id, changes=body), uow
    )


@routes.post(
    "/patients/<uuid:patient_id>/identity",
    scope=access.IDENTITY_WRITE,
    takes=people.IdentityBody(),
    gives=people.FullPatientView(),
)
def correct_identity(
    uow: UnitOfWork, body: IdentityChanges, patient_id: UUID
) -> Patient:
    """Put right what was written down wrong of who a patient is."""
    return handlers.correct_identity(
        CorrectIdentity(patient_id=patient_id, changes=body), uow
    )


@routes.post(
    "/patients/search",
    scope=access.PATIENTS_READ,
    takes=people.SearchBody(),
    gives=people.PatientsView(),
)
def search_patients(uow: UnitOfWork, body: dict[str, Any]) -> Any:
    """Who fits: asked by a body, for addresses of pages and logs name nobody."""
    indexes = handlers.indexes_of(FindPatients(**body), uow)
    return queries.patients_at(Reading(uow.connection, uow.context), indexes)


@routes.post(
    "/patients/<uuid:patient_id>/erase",
    scope=access.PATIENT_ERASE,
    takes=people.EraseBody(),
    gives=people.ErasedView(),
)
def erase_patient(uow: UnitOfWork, body: dict[str, Any], patient_id: UUID) -> Patient:
    """Who a patient was is forgotten for good; the records stay, without a name."""
    return handlers.erase_patient(ErasePatient(patient_id=patient_id, **body), uow)


def _duplicates_of(patient: Patient, uow: UnitOfWork) -> list[UUID]:
    """Who may be the same person; the audit trail notes that they were told of."""
    found = queries.duplicates_of(Reading(uow.connection, uow.context), patient.id)
    uow.touch(patients=found)
    return found
