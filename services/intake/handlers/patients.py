"""Registering patients, by hand or by a referral."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from services.intake.commands import ReceiveReferral, ReferredCode, RegisterPatient
from services.intake.domain import (
    REMINDED_AFTER,
    Channel,
    Clinic,
    Coding,
    CodingKind,
    Coverage,
    Episode,
    Patient,
    Person,
    Referral,
)
from services.intake.handlers.assessing import within
from services.intake.handlers.finding import identifier_index, mark_patient
from services.intake.handlers.medication import propose
from services.intake.handlers.moving import REMIND_FORMS
from services.intake.models import referrals
from shared.errors import NotFoundError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def register_patient(command: RegisterPatient, uow: UnitOfWork) -> Patient:
    """Somebody becomes a patient, with an episode of care."""
    return _register(command.person, command.channel, uow)


def register_invited(command: RegisterPatient, uow: UnitOfWork) -> Patient:
    """Somebody who was invited becomes a patient by the own word."""
    patient = _register(command.person, command.channel, uow)
    patient.is_self_registered = True
    return patient


def receive_referral(
    command: ReceiveReferral, uow: UnitOfWork
) -> tuple[Referral, Patient, bool]:
    """Somebody outside asks for a patient to be seen; whether that is news.

    The identifier tells whether it is: a second referral of it changes nothing.

    Raises:
        ReferralUnderWayError: the same one is being received at this moment; the
            database says so at the commit.
    """
    if known := _known(command, uow):
        return known, uow.get(Patient, known.patient_id), False
    with within("patient"):
        patient = _register(command.patient, None, uow)
    referral = Referral(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient.id,
        source_type=command.source_type,
        identifier_system=command.identifier.system,
        identifier_value=command.identifier.value,
        identifier_index=identifier_index(command.identifier, uow),
        letter_reference=command.letter_reference,
        received_at=uow.now,
        sent_by=uow.actor_id,
    )
    referral.codings = [
        *_codings(referral, CodingKind.CONDITION, command.conditions),
        *_codings(referral, CodingKind.MEDICATION, command.medications),
    ]
    referral.coverages = [
        Coverage(
            id=uuid7(),
            clinic_id=uow.clinic_id,
            referral_id=referral.id,
            patient_id=patient.id,
            payer=coverage.payer,
            member_id=coverage.member_id,
        )
        for coverage in command.coverages
    ]
    uow.publish(referral.receive(), of=referral)
    propose(referral, patient.episode_id, uow)
    return uow.add(referral), patient, True


def _register(person: Person, channel: Channel | None, uow: UnitOfWork) -> Patient:
    clinic = uow.find(Clinic, uow.clinic_id)
    if clinic is None:
        raise NotFoundError("this clinic is not known here, or not yet")
    if channel is None:
        channel = Channel.EMAIL if person.email else Channel.NONE
    patient = Patient(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        episode_id=uuid7(),
        given_name=person.given_name,
        family_name=person.family_name,
        birth_date=person.birth_date,
        email=person.email,
        phone=person.phone,
        time_zone=person.time_zone or clinic.time_zone,
        channel=channel,
        registered_at=uow.now,
        emergency_contact=person.emergency_contact,
    )
    uow.publish(patient.register(), of=patient)
    mark_patient(patient, uow)
    uow.add(patient)
    # What names the patient by a foreign key must be written after the patient.
    uow.flush()
    uow.add(
        Episode(
            id=patient.episode_id,
            clinic_id=uow.clinic_id,
            patient_id=patient.id,
            opened_at=uow.now,
        )
    )
    remind_at = uow.now + REMINDED_AFTER[0]
    uow.remind(REMIND_FORMS, about=patient.episode_id, at=remind_at)
    return patient


def _known(command: ReceiveReferral, uow: UnitOfWork) -> Referral | None:
    found = uow.all(
        select(Referral).where(
            referrals.c.identifier_index == identifier_index(command.identifier, uow)
        )
    )
    return found[0] if found else None


def _codings(
    referral: Referral, kind: CodingKind, codes: Sequence[ReferredCode]
) -> Iterator[Coding]:
    for code in codes:
        yield Coding(
            id=uuid7(),
            clinic_id=referral.clinic_id,
            referral_id=referral.id,
            kind=kind,
            system=code.system,
            code=code.code,
            display=code.display,
        )
