"""Forgetting who a patient was; what was done to somebody stays on record."""

from sqlalchemy import delete, or_, select, update

from services.intake.commands import ErasePatient
from services.intake.domain import Patient, SafetyFlag, SafetyFlagOpenError
from services.intake.handlers.assessing import held_episode
from services.intake.models import distinctions, referrals, safety_flags
from shared.mailbox import idempotency
from shared.privacy.columns import vault_of
from shared.unit_of_work import UnitOfWork


def erase_patient(command: ErasePatient, uow: UnitOfWork) -> Patient:
    """Destroy the patient's key: names, birth date, contact, identifiers are gone.

    Raises:
        AlreadyErasedError: that was done before.
        EpisodeUnderWayError: the patient may be treated.
        SafetyFlagOpenError: a clinician has to reach the patient first.
    """
    patient = uow.get(Patient, command.patient_id)
    event = patient.erase(by=uow.actor_id, because=command.reason, at=uow.now)
    episode = held_episode(patient.episode_id, uow)
    episode.close()
    demand_no_flag(patient, uow)
    uow.connection.execute(
        update(referrals)
        .where(referrals.c.patient_id == patient.id)
        .values(identifier_index=None)
    )
    # Whoever somebody was like would tell who it was.
    uow.connection.execute(
        delete(distinctions).where(
            distinctions.c.clinic_id == uow.clinic_id,
            or_(
                distinctions.c.first_id == patient.id,
                distinctions.c.second_id == patient.id,
            ),
        )
    )
    vault = vault_of(uow.connection)
    vault.destroy(uow.connection, uow.clinic_id, patient.id, at=uow.now)
    idempotency.forget(
        uow.connection,
        uow.clinic_id,
        mention=str(patient.id),
        since=patient.registered_at,
    )
    uow.publish(event, of=patient)
    return patient


def demand_no_flag(patient: Patient, uow: UnitOfWork) -> None:
    """Refuse to close a record while a clinician has to reach the patient.

    Raises:
        SafetyFlagOpenError: a flag is open.
    """
    is_open = select(SafetyFlag).where(
        safety_flags.c.patient_id == patient.id, safety_flags.c.cleared_at.is_(None)
    )
    if uow.all(is_open):
        raise SafetyFlagOpenError("a safety flag is open; see to it first")
