"""Taking answers in: questionnaires and safety screens, and the flags they raise."""

from sqlalchemy import select

from services.intake.commands import ClearFlag, RecordMeasure, RecordScreen
from services.intake.domain import (
    FLAG_DUE_AFTER,
    Episode,
    FlagLevel,
    Measure,
    SafetyFlag,
    Screen,
)
from services.intake.handlers.assessing import (
    demand_fitting,
    forms_of,
    held_episode,
    hold,
    verdict_for,
    within,
)
from services.intake.handlers.deciding import let_lapse
from services.intake.models import safety_flags
from shared.ids import uuid7
from shared.instruments import InstrumentCode, score
from shared.rulepack import EligibilityRule, RuleClass, load_pack
from shared.unit_of_work import UnitOfWork

CAUSE_SAFETY = "safety"


def record_measure(command: RecordMeasure, uow: UnitOfWork) -> Measure:
    """Score a questionnaire; an alarming answer raises a flag in the same commit.

    Raises:
        WrongStateError: the episode is at its end.
        InvalidError: the answers do not fit the questionnaire.
    """
    episode = held_episode(command.episode_id, uow)
    episode.demand_open()
    with within("answers"):
        result = score(command.instrument, command.answers)
    measure = Measure(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=episode.patient_id,
        episode_id=episode.id,
        instrument=command.instrument,
        context=command.context,
        answers=dict(command.answers),
        total=result.total,
        band=result.band,
        level=result.level.value if result.level else None,
        alert=result.alert,
        recorded_by=uow.actor_id,
        recorded_at=uow.now,
    )
    uow.publish(measure.record(), of=measure)
    if measure.alert:
        _raise_flag(measure, episode, uow)
    uow.add(measure)
    _take_in(episode, uow)
    return measure


def record_screen(command: RecordScreen, uow: UnitOfWork) -> Episode:
    """Keep the answers of a safety screen; the latest counts.

    Raises:
        WrongStateError: the episode is at its end.
        InvalidError: an answer is to no question, or impossible.
    """
    episode = held_episode(command.episode_id, uow)
    episode.demand_open()
    with within("answers"):
        demand_fitting(command.answers)
    screen = Screen(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        episode_id=episode.id,
        answers=dict(command.answers),
        recorded_by=uow.actor_id,
        recorded_at=uow.now,
    )
    if episode.is_eligible and (grave := _newly_against(screen, episode, uow)):
        let_lapse(episode, grave[0].reason_group, uow)
    episode.screens.append(screen)
    _take_in(episode, uow)
    return episode


def clear_flag(command: ClearFlag, uow: UnitOfWork) -> SafetyFlag:
    """A clinician has seen to a safety flag.

    Raises:
        AlreadyClearedError: one has already.
    """
    flag = uow.get(SafetyFlag, command.flag_id)
    # An alarm that comes at this moment must not fall under a flag that is going.
    hold(flag.episode_id, uow)
    event = flag.clear(by=uow.actor_id, note=command.note, at=uow.now)
    uow.publish(event, of=flag)
    return flag


def _raise_flag(measure: Measure, episode: Episode, uow: UnitOfWork) -> None:
    """Ask for a clinician, unless one is asked for by the same cause already."""
    is_triage = measure.instrument == InstrumentCode.CSSRS
    level = FlagLevel.HIGH if is_triage else FlagLevel.ITEM9
    flag = _open_flag(episode, level, uow)
    if flag is None:
        flag = SafetyFlag(
            id=uuid7(),
            clinic_id=uow.clinic_id,
            patient_id=episode.patient_id,
            episode_id=episode.id,
            measure_id=measure.id,
            level=level,
            raised_at=uow.now,
            due_at=uow.now + FLAG_DUE_AFTER,
        )
        uow.publish(flag.flag(), of=flag)
        uow.add(flag)
    measure.safety_flag_id = flag.id
    if level is FlagLevel.HIGH:
        let_lapse(episode, CAUSE_SAFETY, uow)


def _open_flag(
    episode: Episode, level: FlagLevel, uow: UnitOfWork
) -> SafetyFlag | None:
    found = uow.all(
        select(SafetyFlag).where(
            safety_flags.c.episode_id == episode.id,
            safety_flags.c.level == level,
            safety_flags.c.cleared_at.is_(None),
        )
    )
    return found[0] if found else None


def _newly_against(
    screen: Screen, episode: Episode, uow: UnitOfWork
) -> list[EligibilityRule]:
    """Grave rules a new screen meets and the one that was decided on did not."""
    before = verdict_for(episode, episode.screen_decided_on, uow)
    weighed = {rule.code for rule in before.met}
    return [
        rule
        for rule in verdict_for(episode, screen, uow).met
        if rule.rule_class is not RuleClass.RELATIVE and rule.code not in weighed
    ]


def _take_in(episode: Episode, uow: UnitOfWork) -> None:
    wanted = tuple(code.value for code in load_pack().screening.instruments)
    news = episode.take_in(forms_of(episode, uow), wanted=wanted, at=uow.now)
    for event in news:
        uow.publish(event, of=episode)
