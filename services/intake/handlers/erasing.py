"""Forgetting who a patient was; what was done to somebody stays on record."""

from sqlalchemy import delete, or_, select, update

from services.intake.commands import ErasePatient
from services.intake.domain import (
    Patient,
    SafetyFlag,
    SafetyFlagOpenError,
    Transfer,
    TransferUnderWayError,
)
from services.intake.handlers.assessing import held_episode
from services.intake.models import distinctions, referrals, safety_flags, transfers
from shared.mailbox import idempotency
from shared.privacy.columns import vault_of
from shared.unit_of_work import UnitOfWork


def erase_patient(command: ErasePatient, uow: UnitOfWork) -> Patient:
    """Destroy the patient's key: names, birth date, contact, identifiers are gone.

    Raises:
        AlreadyErasedError: that was done before.
        EpisodeUnderWayError: the patient may be treated.
        SafetyFlagOpenError: a clinician has to reach the patient first.
        TransferUnderWayError: another clinic does not have the patient yet.
    """
    patient = uow.get(Patient, command.patient_id)
    event = patient.erase(by=uow.actor_id, because=command.reason, at=uow.now)
    episode = held_episode(patient.episode_id, uow)
    episode.close()
    demand_no_flag(patient, uow)
    _demand_handed_on(patient, uow)
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


def _demand_handed_on(patient: Patient, uow: UnitOfWork) -> None:
    """Refuse to forget who is on the way to another clinic.

    Raises:
        TransferUnderWayError: that clinic has not received the patient.
    """
    on_the_way = select(Transfer).where(
        transfers.c.patient_id == patient.id, transfers.c.received_at.is_(None)
    )
    if uow.all(on_the_way):
        raise TransferUnderWayError


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
