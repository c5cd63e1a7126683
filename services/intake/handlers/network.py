"""Patients whom several clinics know: noticed, asked, and handed on."""

from uuid import UUID

from sqlalchemy import select

from services.intake.commands import (
    Identifier,
    ReceiveReferral,
    ReceiveTransfer,
    TransferPatient,
)
from services.intake.domain import (
    Consent,
    ConsentType,
    Ending,
    FileKind,
    Match,
    Patient,
    SharingNotConsentedError,
    Transfer,
)
from services.intake.handlers.assessing import held_episode
from services.intake.handlers.files import keep_paper, keep_received
from services.intake.handlers.moving import forget_timers
from services.intake.handlers.patients import receive_referral
from services.intake.models import consents, matches
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork

TRANSFER = "transfer"
TRANSFER_SYSTEM = "urn:kap:transfer"
TRANSFERRED = "transferred"


def note_compared(patient_id: UUID, index: str | None, uow: UnitOfWork) -> None:
    """By which index a patient is compared with those of other clinics, if by any.

    Raises:
        StaleError: the patient was put right or closed at the same moment; the
            database says so at the commit.
    """
    patient = uow.get(Patient, patient_id)
    patient.version += 1
    is_current = patient.erased_at is None and patient.merged_into is None
    patient.network_index = index if is_current else None
    patient.network_checked_at = uow.now


def note_match(
    patient_id: UUID, *, other_id: UUID, other_clinic_id: UUID, uow: UnitOfWork
) -> None:
    """A patient may be known to another clinic; noted once."""
    same = select(Match).where(
        matches.c.patient_id == patient_id, matches.c.other_id == other_id
    )
    if uow.all(same):
        return
    match = Match(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient_id,
        other_id=other_id,
        other_clinic_id=other_clinic_id,
        found_at=uow.now,
    )
    uow.publish(match.find(), of=match)
    uow.add(match)


def answer_match(match_id: UUID, *, is_same: bool, uow: UnitOfWork) -> Match:
    """The patient was asked whether another clinic of the network knows them.

    Raises:
        MatchAnsweredError: the patient was asked before.
    """
    match = uow.get(Match, match_id)
    event = match.answer(is_same=is_same, by=uow.actor_id, at=uow.now)
    uow.publish(event, of=match)
    return match


def transfer_patient(command: TransferPatient, uow: UnitOfWork) -> Transfer:
    """A patient goes on at another clinic: the episode ends here.

    Raises:
        InvalidError: it is this clinic.
        WrongStateError: the episode is at its end.
        SharingNotConsentedError: no consent to sharing holds.
    """
    if command.to_clinic_id == uow.clinic_id:
        raise InvalidError("is this clinic", field="to_clinic_id")
    episode = held_episode(command.episode_id, uow)
    episode.demand_open()
    transfer = Transfer(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=episode.patient_id,
        episode_id=episode.id,
        to_clinic_id=command.to_clinic_id,
        consent_id=_sharing(episode.id, uow).id,
        sent_by=uow.actor_id,
        sent_at=uow.now,
    )
    uow.publish(transfer.send(), of=transfer)
    uow.add(transfer)
    event = episode.end(Ending.TRANSFERRED, TRANSFERRED, at=uow.now)
    forget_timers(episode, uow)
    uow.publish(event, of=episode)
    return transfer


def receive_transfer(command: ReceiveTransfer, uow: UnitOfWork) -> bool:
    """A patient comes from another clinic, with what that one shares.

    Whether this is news: the same transfer is received once.
    """
    referral, patient, is_new = receive_referral(
        ReceiveReferral(
            source_type=TRANSFER,
            identifier=Identifier(
                system=TRANSFER_SYSTEM, value=str(command.transfer_id)
            ),
            patient=command.person,
            medications=command.medications,
        ),
        uow,
    )
    if is_new:
        keep_paper(command.summary, FileKind.TRANSFER_SUMMARY, patient.id, uow)
        for file in command.files:
            keep_received(file, patient.id, uow)
    uow.touch(record=("referral", referral.id))
    return is_new


def note_received(transfer_id: UUID, uow: UnitOfWork) -> None:
    """The other clinic has the patient."""
    transfer = uow.get(Transfer, transfer_id)
    transfer.version += 1
    transfer.received_at = uow.now


def _sharing(episode_id: UUID, uow: UnitOfWork) -> Consent:
    found = uow.all(
        select(Consent).where(
            consents.c.episode_id == episode_id,
            consents.c.type == ConsentType.SHARING,
        )
    )
    for consent in found:
        if consent.holds(uow.now):
            return consent
    raise SharingNotConsentedError
