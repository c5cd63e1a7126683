"""Deciding whether a patient may be treated, and when that ends by itself."""

from uuid import UUID

from sqlalchemy import select

from services.intake.commands import DecideEpisode
from services.intake.domain import (
    Assessment,
    Decision,
    DecisionKind,
    Episode,
    FlagLevel,
    SafetyFlag,
)
from services.intake.handlers.assessing import (
    coarse,
    forms_of,
    held_episode,
    missing_forms,
    verdict_for,
)
from services.intake.models import packs, safety_flags
from shared.ids import uuid7
from shared.readiness import FactName
from shared.rulepack import Outcome, Verdict
from shared.unit_of_work import UnitOfWork

LAPSE = "lapse_if_expired"
CAUSE_EXPIRED = "expired"


def decide_episode(command: DecideEpisode, uow: UnitOfWork) -> Episode:
    """A prescriber signs whether the patient may be treated.

    Raises:
        ConflictError: nothing is to be decided, or a yes may not be given; see
            `Episode.decide`.
    """
    episode = held_episode(command.episode_id, uow)
    verdict = verdict_for(episode, episode.screen, uow)
    decision = _decision(command, episode, verdict, uow)
    codes = {
        DecisionKind.INELIGIBLE: command.reason_codes,
        DecisionKind.DEFERRED: command.missing,
    }
    event = episode.decide(
        decision,
        _assessment(episode, verdict, uow),
        told=coarse(codes.get(command.decision, ()), packs.of(uow)),
    )
    if decision.valid_until is not None:
        uow.remind(LAPSE, about=episode.id, at=decision.valid_until)
    uow.publish(event, of=episode)
    return episode


def lapse_if_expired(episode_id: UUID, uow: UnitOfWork) -> None:
    """A yes has come to its end: ask for a new one, unless there is one."""
    episode = held_episode(episode_id, uow)
    if episode.eligible_until is not None and episode.eligible_until <= uow.now:
        let_lapse(episode, CAUSE_EXPIRED, uow)


def let_lapse(episode: Episode, cause_code: str, uow: UnitOfWork) -> None:
    """A yes no longer stands; nothing happens if none did."""
    if episode.is_eligible:
        for event in episode.lapse(cause_code, at=uow.now):
            uow.publish(event, of=episode)


def _decision(
    command: DecideEpisode, episode: Episode, verdict: Verdict, uow: UnitOfWork
) -> Decision:
    pack = packs.of(uow)
    is_yes = command.decision is DecisionKind.ELIGIBLE
    lasts = pack.readiness.validity[FactName.ELIGIBILITY]
    return Decision(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        episode_id=episode.id,
        kind=command.decision,
        reason_codes=list(command.reason_codes),
        missing=list(command.missing),
        override_reason=command.override_reason,
        outcome=verdict.outcome.value,
        rule_pack=pack.version,
        screen_id=episode.screen.id if episode.screen else None,
        signed_by=uow.actor_id,
        signed_at=uow.now,
        valid_until=uow.now + lasts if is_yes else None,
    )


def _assessment(episode: Episode, verdict: Verdict, uow: UnitOfWork) -> Assessment:
    high = select(SafetyFlag).where(
        safety_flags.c.episode_id == episode.id,
        safety_flags.c.level == FlagLevel.HIGH,
        safety_flags.c.cleared_at.is_(None),
    )
    missing = missing_forms(forms_of(episode, uow), packs.of(uow))
    return Assessment(
        is_ruled_out=verdict.outcome is Outcome.INELIGIBLE,
        is_spoken_against=bool(verdict.met),
        missing=(*missing, *verdict.missing),
        has_high_flag=bool(uow.all(high)),
    )
