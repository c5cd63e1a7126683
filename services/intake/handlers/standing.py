"""Whether all that a first dose is booked on holds, as far as intake knows it."""

from collections.abc import Callable, Mapping

from sqlalchemy import select

from services.intake.domain import Clearance, Consent, ConsentType, Episode
from services.intake.models import clearances, consents, packs
from shared.readiness import FactName, Gate
from shared.unit_of_work import UnitOfWork


def reckon(episode: Episode, uow: UnitOfWork) -> None:
    """Look again after a change, and tell if an episode became ready or no longer is.

    The caller holds the episode.
    """
    wanted = packs.of(uow).readiness.gates[Gate.BOOKING]
    missing = tuple(
        fact.value
        for fact in wanted
        if fact in _HOLDS and not _HOLDS[fact](episode, uow)
    )
    for event in episode.note_readiness(missing, at=uow.now):
        uow.publish(event, of=episode)


def _is_eligible(episode: Episode, _: UnitOfWork) -> bool:
    return episode.is_eligible


def _is_cleared(episode: Episode, uow: UnitOfWork) -> bool:
    found = uow.all(
        select(Clearance).where(
            clearances.c.clinic_id == uow.clinic_id,
            clearances.c.episode_id == episode.id,
        )
    )
    return any(clearance.holds(uow.now) for clearance in found)


def _has_consented(consent_type: ConsentType) -> Callable[[Episode, UnitOfWork], bool]:
    def holds(episode: Episode, uow: UnitOfWork) -> bool:
        found = uow.all(
            select(Consent).where(
                consents.c.clinic_id == uow.clinic_id,
                consents.c.episode_id == episode.id,
                consents.c.type == consent_type,
            )
        )
        return any(consent.holds(uow.now) for consent in found)

    return holds


_HOLDS: Mapping[FactName, Callable[[Episode, UnitOfWork], bool]] = {
    FactName.ELIGIBILITY: _is_eligible,
    FactName.CONSENT_TREATMENT: _has_consented(ConsentType.TREATMENT),
    FactName.CONSENT_OFFLABEL: _has_consented(ConsentType.OFFLABEL),
    FactName.CLEARANCE_MEDICAL: _is_cleared,
}
"""How each fact that intake owns is known."""
