"""Medical clearances: the prescriber's word that a body can bear the treatment."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.intake.commands import GrantClearance
from services.intake.domain import (
    Clearance,
    ClearanceOverError,
    Episode,
    File,
    LapseCause,
    UnfitError,
)
from services.intake.handlers.assessing import held_episode, hold
from services.intake.handlers.standing import reckon
from services.intake.models import clearances, packs
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.readiness import FactName
from shared.rulepack import Decision, Measure, RulePack, VitalsPhase
from shared.unit_of_work import UnitOfWork

EXPIRE_CLEARANCE = "expire_clearance"


def grant_clearance(command: GrantClearance, uow: UnitOfWork) -> Clearance:
    """A prescriber finds the patient fit.

    Raises:
        WrongStateError: the episode is at its end.
        InvalidError: a vital sign is impossible, or unknown, or a file is none of the
            patient's.
        UnfitError: the vital signs allow no dose.
    """
    episode = held_episode(command.episode_id, uow)
    episode.demand_open()
    pack = packs.of(uow)
    _demand_fit(command.findings.get("vitals", {}), pack)
    _demand_files(command.file_ids, episode.patient_id, uow)
    lasts = pack.readiness.validity[FactName.CLEARANCE_MEDICAL]
    clearance = Clearance(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=episode.patient_id,
        episode_id=episode.id,
        note=command.note,
        granted_by=uow.actor_id,
        granted_at=uow.now,
        valid_until=uow.now + lasts,
        findings={
            **command.findings,
            "file_ids": [str(file_id) for file_id in command.file_ids],
        },
    )
    uow.remind(EXPIRE_CLEARANCE, about=clearance.id, at=clearance.valid_until)
    uow.publish(clearance.grant(), of=clearance)
    uow.add(clearance)
    reckon(episode, uow)
    return clearance


def lapse_clearance(
    clearance_id: UUID, cause: LapseCause, uow: UnitOfWork
) -> Clearance:
    """What a clearance rested on has changed; every other of the episode ends too.

    Raises:
        ClearanceOverError: it did not hold any more.
    """
    clearance = _held(clearance_id, uow)
    if not clearance.holds(uow.now):
        raise ClearanceOverError
    for one in _of_episode(clearance.episode_id, uow):
        if one.holds(uow.now):
            uow.forget(EXPIRE_CLEARANCE, about=one.id)
            uow.publish(one.lapse(cause, by=uow.actor_id, at=uow.now), of=one)
    reckon(uow.get(Episode, clearance.episode_id), uow)
    return clearance


def expire_clearance(clearance_id: UUID, uow: UnitOfWork) -> None:
    """The time of a clearance has come; told unless a newer one holds."""
    clearance = _held(clearance_id, uow)
    if clearance.lapsed_at is not None or uow.now < clearance.valid_until:
        return
    if not any(one.holds(uow.now) for one in _of_episode(clearance.episode_id, uow)):
        event = clearance.lapse(LapseCause.EXPIRED, by=None, at=uow.now)
        uow.publish(event, of=clearance)
    reckon(uow.get(Episode, clearance.episode_id), uow)


def _held(clearance_id: UUID, uow: UnitOfWork) -> Clearance:
    """A clearance of this clinic; nobody changes another of its episode meanwhile.

    Raises:
        NotFoundError: there is none.
    """
    query = select(clearances.c.episode_id).where(
        clearances.c.id == clearance_id, clearances.c.clinic_id == uow.clinic_id
    )
    if (episode_id := uow.connection.execute(query).scalar()) is not None:
        hold(episode_id, uow)
    return uow.get(Clearance, clearance_id)


def _of_episode(episode_id: UUID, uow: UnitOfWork) -> list[Clearance]:
    return uow.all(select(Clearance).where(clearances.c.episode_id == episode_id))


def _demand_files(file_ids: Sequence[UUID], patient_id: UUID, uow: UnitOfWork) -> None:
    """Refuse to rest on a file that is struck, or somebody else's.

    Raises:
        InvalidError: `field` names the file at fault.
    """
    for position, file_id in enumerate(file_ids):
        file = uow.find(File, file_id)
        is_theirs = file is not None and file.patient_id == patient_id
        if not is_theirs or (file and file.struck_at is not None):
            told = "is no file of this patient, or was struck"
            raise InvalidError(told, field=f"file_ids/{position}")


def _demand_fit(vitals: Mapping[str, Any], pack: RulePack) -> None:
    """Refuse impossible vital signs, and such as allow no dose.

    Raises:
        InvalidError: `field` names the value at fault.
        UnfitError: the rule pack would stop a dose.
    """
    for name, value in vitals.items():
        if name not in pack.plausible_values:
            raise InvalidError("nobody measures that", field=f"vitals/{name}")
        if not pack.plausible(name, value):
            raise InvalidError("is not a possible value", field=f"vitals/{name}")
    measured = {name: value for name, value in vitals.items() if name in set(Measure)}
    if not measured:
        return
    rating = pack.rate_vitals(measured, phase=VitalsPhase.BEFORE_DOSE)
    stopping = [
        one.measure.value for one in rating.measures if one.decision is Decision.STOP
    ]
    if stopping:
        raise UnfitError(details={"measures": stopping})
