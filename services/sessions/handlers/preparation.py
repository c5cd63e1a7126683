"""Preparations."""

from sqlalchemy import select

from services.sessions.commands import CompletePreparation
from services.sessions.domain.copies import Appointment, Patient
from services.sessions.domain.errors import PreparationExistsError
from services.sessions.domain.preparation import Preparation
from services.sessions.handlers.loading import held
from services.sessions.handlers.readiness import tell_fact
from services.sessions.models import packs, preparations
from shared.ids import uuid7
from shared.readiness import FactName
from shared.unit_of_work import UnitOfWork


def complete_preparation(command: CompletePreparation, uow: UnitOfWork) -> Preparation:
    """A patient was prepared.

    Raises:
        NotAPreparationError: the appointment is for something or somebody else.
        AppointmentOverError: it was called off.
        PreparationExistsError: this is already noted.
    """
    patient = uow.get(Patient, command.patient_id)
    appointment = held(Appointment, command.appointment_id, uow)
    appointment.demand_preparation_of(patient.id)
    noted = select(Preparation).where(preparations.c.appointment_id == appointment.id)
    if uow.all(noted):
        raise PreparationExistsError
    validity = packs.of(uow).readiness.validity[FactName.PREP_COMPLETED]
    preparation = Preparation(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient.id,
        episode_id=appointment.episode_id,
        appointment_id=appointment.id,
        note=command.note,
        completed_at=uow.now,
        completed_by=uow.actor_id,
        valid_until=uow.now + validity,
    )
    tell_fact(preparation.complete(), uow, of=preparation)
    return uow.add(preparation)
