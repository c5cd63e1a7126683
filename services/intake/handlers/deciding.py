"""Deciding whether a patient may be treated, and when that ends by itself."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from services.intake.commands import DecideEpisode
from services.intake.domain import (
    Assessment,
    Decision,
    DecisionKind,
    Episode,
    FileKind,
    FlagLevel,
    Patient,
    SafetyFlag,
)
from services.intake.handlers.assessing import (
    coarse,
    forms_of,
    held_episode,
    missing_forms,
    verdict_for,
)
from services.intake.handlers.files import keep_paper
from services.intake.handlers.papers import refusal_paper
from services.intake.handlers.standing import reckon
from services.intake.models import packs, safety_flags
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.readiness import FactName
from shared.reading import Row
from shared.rulepack import Outcome, Route, RuleClass, Verdict
from shared.unit_of_work import UnitOfWork

LAPSE = "lapse_if_expired"
CAUSE_EXPIRED = "expired"
DEFERRED_DUE = "review_deferred"
DEFERRED_FOR = timedelta(days=14)
"""How long a decision waits unless somebody says otherwise. Source: project default."""
LONGEST_WAIT = timedelta(days=366)


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
    if decision.due_at is not None:
        uow.remind(DEFERRED_DUE, about=episode.id, at=decision.due_at)
    uow.publish(event, of=episode)
    reckon(episode, uow)
    if command.decision is DecisionKind.INELIGIBLE:
        patient, pack = uow.get(Patient, episode.patient_id), packs.of(uow)
        reasons = coarse(command.reason_codes, pack)
        paper = refusal_paper(decision, reasons, patient, pack.crisis.resources)
        keep_paper(paper, FileKind.DECISION_LETTER, patient.id, uow)
    return episode


def allows(route: Route, verdict: Verdict, decision: Row) -> bool:
    """Whether a standing decision covers a route, by what the rules say now.

    An absolute rule against it can never be weighed. Another one was, if the decision
    gives a reason.
    """
    return not any(
        rule.rule_class is RuleClass.ABSOLUTE or decision["override_reason"] is None
        for rule in verdict.against(route)
    )


def ask_another(episode_id: UUID, uow: UnitOfWork) -> Episode:
    """Whoever should decide wants a second opinion: somebody else decides.

    Raises:
        WrongStateError: nothing is to be decided.
    """
    episode = held_episode(episode_id, uow)
    uow.publish(episode.ask_another(by=uow.actor_id, at=uow.now), of=episode)
    return episode


def appeal(episode_id: UUID, uow: UnitOfWork) -> Episode:
    """A patient does not accept a no: another prescriber decides.

    Raises:
        WrongStateError: nobody said no.
    """
    episode = held_episode(episode_id, uow)
    for event in episode.appeal(at=uow.now):
        uow.publish(event, of=episode)
    return episode


def review_deferred(episode_id: UUID, uow: UnitOfWork) -> None:
    """What a decision waited for is due: a prescriber looks again."""
    episode = held_episode(episode_id, uow)
    for event in episode.review_deferred(at=uow.now):
        uow.publish(event, of=episode)


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
        reckon(episode, uow)


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
        due_at=_due_at(command, uow.now),
    )


def _due_at(command: DecideEpisode, now: datetime) -> datetime | None:
    """Until when a decision waits for what is missing.

    Raises:
        InvalidError: the date is past or too far off, or nothing is waited for.
    """
    if command.decision is not DecisionKind.DEFERRED:
        if command.due_at is not None:
            raise InvalidError("is for what a decision waits for", field="due_at")
        return None
    due_at = command.due_at or now + DEFERRED_FOR
    if not now < due_at <= now + LONGEST_WAIT:
        raise InvalidError("must be within a year from now", field="due_at")
    return due_at


def _assessment(episode: Episode, verdict: Verdict, uow: UnitOfWork) -> Assessment:
    high = select(SafetyFlag).where(
        safety_flags.c.episode_id == episode.id,
        safety_flags.c.level == FlagLevel.HIGH,
        safety_flags.c.cleared_at.is_(None),
    )
    missing = missing_forms(forms_of(episode, uow), packs.of(uow))
    return Assessment(
        is_ruled_out=verdict.outcome is Outcome.INELIGIBLE,
        is_spoken_against=bool(verdict.against_all),
        missing=(*missing, *verdict.missing),
        has_high_flag=bool(uow.all(high)),
    )
