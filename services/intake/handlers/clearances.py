"""Medical clearances: the prescriber's word that a body can bear the treatment."""

from services.intake.commands import GrantClearance
from services.intake.domain import Clearance
from services.intake.handlers.assessing import held_episode
from services.intake.handlers.standing import reckon
from services.intake.models import packs
from shared.ids import uuid7
from shared.readiness import FactName
from shared.unit_of_work import UnitOfWork


def grant_clearance(command: GrantClearance, uow: UnitOfWork) -> Clearance:
    """A prescriber finds the patient fit.

    Raises:
        WrongStateError: the episode is at its end.
    """
    episode = held_episode(command.episode_id, uow)
    episode.demand_open()
    lasts = packs.of(uow).readiness.validity[FactName.CLEARANCE_MEDICAL]
    clearance = Clearance(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=episode.patient_id,
        episode_id=episode.id,
        note=command.note,
        granted_by=uow.actor_id,
        granted_at=uow.now,
        valid_until=uow.now + lasts,
    )
    uow.publish(clearance.grant(), of=clearance)
    uow.add(clearance)
    reckon(episode, uow)
    return clearance
