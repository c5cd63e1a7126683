"""Trying a rule pack on every open episode, some at a time.

Each step is a transaction that remembers how far it came: a stop loses nothing, and
memory does not grow with the number of episodes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from services.intake.domain import (
    OPEN,
    PackEdition,
    Trial,
    TrialFinding,
    TrialRunningError,
)
from services.intake.handlers.assessing import held_episode, verdict_of
from services.intake.handlers.deciding import let_lapse
from services.intake.handlers.listed import Listed, facts_listed
from services.intake.models import (
    decisions,
    episodes,
    packs,
    patients,
    screens,
    trials,
)
from shared.ids import uuid7
from shared.privacy.columns import opened
from shared.rulepack import RuleClass, RulePack, Verdict, read_clinic_pack
from shared.unit_of_work import UnitOfWork

TAKE_EFFECT = "take_effect"
CAUSE_RULES = "rule_pack"
STEP = 500
"""Episodes looked at in one transaction."""

Row = Mapping[str, Any]
Rows = Sequence[Row]

_JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class _Beside:
    """The pack that is tried, and the one each episode was judged by before.

    That is the pack a standing decision rests on, in `decided`, or else `was`.
    """

    was: RulePack
    decided: Mapping[UUID, RulePack]
    now: RulePack
    listed: Listed


def begin_trial(edition: PackEdition, uow: UnitOfWork) -> Trial:
    """A draft is tried on every open episode; a pump does so, step by step.

    Raises:
        AlreadySignedError: it is no draft any more.
        TrialRunningError: it is being tried.
    """
    edition.demand_draft()
    running = select(Trial).where(
        trials.c.pack_id == edition.id, trials.c.ended_at.is_(None)
    )
    if uow.all(running):
        raise TrialRunningError
    return _begin(edition, uow, is_binding=False)


def take_effect(pack_id: UUID, uow: UnitOfWork) -> None:
    """A signed pack is in force: decisions that it speaks against lapse."""
    _begin(uow.get(PackEdition, pack_id), uow, is_binding=True)


def try_some(trial_id: UUID, uow: UnitOfWork, *, most: int = STEP) -> int:
    """Look at some more episodes; how many there were."""
    row = select(trials.c.id).where(trials.c.id == trial_id)
    uow.connection.execute(row.with_for_update())
    trial = uow.get(Trial, trial_id)
    if trial.ended_at is not None:
        return 0
    edition = uow.get(PackEdition, trial.pack_id)
    if not trial.is_binding and edition.digest != trial.digest:
        # The draft was rewritten meanwhile: what is left would be about another pack.
        trial.note(seen=0, changed=0, last=None, at=uow.now)
        return 0
    found = _next(trial.after, most, uow)
    answers = _answers([row["id"] for row in found], uow)
    beside = _beside(trial, edition, found, uow)
    findings = [
        finding
        for row in found
        if (finding := _compare(row, answers.get(row["id"], {}), beside, trial, uow))
    ]
    uow.db.add_all(findings)
    trial.note(
        seen=len(found),
        changed=len(findings),
        last=found[-1]["id"] if found else None,
        at=uow.now,
    )
    return len(found)


def _begin(edition: PackEdition, uow: UnitOfWork, *, is_binding: bool) -> Trial:
    count = select(func.count()).select_from(episodes).where(*_open_ones(uow))
    effective_at = edition.effective_at or uow.now
    trial = Trial(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        pack_id=edition.id,
        digest=edition.digest,
        is_binding=is_binding,
        beside_at=effective_at - _JUST_BEFORE if is_binding else uow.now,
        begun_by=uow.actor_id,
        begun_at=uow.now,
        total=uow.connection.execute(count).scalar_one(),
    )
    uow.touch(record=("rule_pack", edition.id))
    return uow.add(trial)


def _beside(
    trial: Trial,
    edition: PackEdition,
    found: Rows,
    uow: UnitOfWork,
) -> _Beside:
    """What is compared with what.

    What binds is the pack in force at this moment, should another have taken effect
    meanwhile, and what a decision rested on, should one have gone by unapplied.
    """
    was = packs.in_force(uow.connection, uow.clinic_id, trial.beside_at)
    now = packs.of(uow) if trial.is_binding else read_clinic_pack(edition.text).pack
    listed = facts_listed(
        [row["id"] for row in found],
        uow.now,
        pack=now,
        connection=uow.connection,
        clinic_id=uow.clinic_id,
    )
    if not trial.is_binding:
        return _Beside(was=was, decided={}, now=now, listed=listed)
    standing = [row["id"] for row in found if row["eligible_until"] is not None]
    signed = (
        select(decisions.c.episode_id, decisions.c.signed_at)
        .where(
            decisions.c.clinic_id == uow.clinic_id,
            decisions.c.episode_id.in_(standing),
        )
        .order_by(decisions.c.id)
    )
    at = {row.episode_id: row.signed_at for row in uow.connection.execute(signed)}
    by_time = {
        moment: packs.in_force(uow.connection, uow.clinic_id, moment)
        for moment in set(at.values())
    }
    decided = {episode_id: by_time[moment] for episode_id, moment in at.items()}
    return _Beside(was=was, decided=decided, now=now, listed=listed)


def _open_ones(uow: UnitOfWork) -> tuple[Any, ...]:
    return (episodes.c.clinic_id == uow.clinic_id, episodes.c.status.in_(OPEN))


def _next(after: UUID | None, most: int, uow: UnitOfWork) -> Rows:
    """The next open episodes, with what is asked of them and of the patient."""
    query = (
        select(episodes.c.id, episodes.c.eligible_until, patients.c.birth_date)
        .add_columns(patients.c.id.label("patient_id"))
        .join(patients, patients.c.id == episodes.c.patient_id)
        .where(*_open_ones(uow))
        .order_by(episodes.c.id)
        .limit(most)
    )
    return _rows(query if after is None else query.where(episodes.c.id > after), uow)


def _answers(ids: Iterable[UUID], uow: UnitOfWork) -> dict[UUID, Mapping[str, Any]]:
    """The answers of the latest safety screen of each episode."""
    of_them = select(screens).where(
        screens.c.clinic_id == uow.clinic_id, screens.c.episode_id.in_(list(ids))
    )
    rows = _rows(of_them.order_by(screens.c.id), uow)
    return {row["episode_id"]: row["answers"] for row in rows}


def _rows(query: Select[Any], uow: UnitOfWork) -> Rows:
    found = uow.connection.execute(query)
    return opened(uow.connection, found, clinic_id=uow.clinic_id)


def _compare(
    row: Row,
    answers: Mapping[str, Any],
    beside: _Beside,
    trial: Trial,
    uow: UnitOfWork,
) -> TrialFinding | None:
    """What changes for one episode, if anything does."""
    birth_date, on = row["birth_date"], uow.now.date()
    before = beside.decided.get(row["id"], beside.was)
    listed = beside.listed.get(row["id"], frozenset())
    was, now = (
        verdict_of(answers, birth_date=birth_date, on=on, pack=pack, listed=listed)
        for pack in (before, beside.now)
    )
    met, met_before = _weights(now), _weights(was)
    missing = set(now.missing) - set(was.missing)
    if met == met_before and now.outcome is was.outcome and not missing:
        return None
    # A rule against one route keeps that away, and ends no decision.
    general = {rule.code for rule in now.against_all}
    grave = {
        code
        for code, weight in met - met_before
        if weight != RuleClass.RELATIVE and code in general
    }
    lapses = trial.is_binding and bool(grave) and row["eligible_until"] is not None
    if lapses:
        let_lapse(held_episode(row["id"], uow), CAUSE_RULES, uow)
    return TrialFinding(
        id=uuid7(),
        clinic_id=trial.clinic_id,
        trial_id=trial.id,
        episode_id=row["id"],
        before=was.outcome,
        after=now.outcome,
        details={
            "met": sorted(code for code, _ in met - met_before),
            "no_longer": sorted(
                {code for code, _ in met_before} - {code for code, _ in met}
            ),
            "missing": sorted(missing),
        },
        has_lapsed=lapses,
    )


def _weights(verdict: Verdict) -> set[tuple[str, str]]:
    """The rules that are met, each with its class: a graver class is news."""
    return {(rule.code, rule.rule_class.value) for rule in verdict.met}
