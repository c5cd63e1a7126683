"""How a patient is reached changes after the registration."""

from services.intake.commands import ChangeContact
from services.intake.domain import EpisodeStatus, Patient, WrongStateError
from services.intake.handlers.assessing import held_episode
from services.intake.handlers.finding import mark_patient
from shared.unit_of_work import UnitOfWork


def change_contact(command: ChangeContact, uow: UnitOfWork) -> Patient:
    """A patient is reached in another way from now on; the same again is no news.

    Raises:
        NotFoundError: there is no such patient in this clinic.
        AlreadyErasedError: nothing is kept of this patient any more.
        WrongStateError: the patient died.
        InvalidError: the patient could not be reached that way.
    """
    patient = uow.get(Patient, command.patient_id)
    episode = held_episode(patient.episode_id, uow)
    if episode.status is EpisodeStatus.DECEASED:
        raise WrongStateError(details={"state": episode.status.value})
    if event := patient.change_contact(command.changes):
        mark_patient(patient, uow)
        uow.publish(event, of=patient)
    return patient
