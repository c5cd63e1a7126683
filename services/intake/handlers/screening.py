"""Taking answers in: questionnaires and safety screens, and the flags they raise."""

from uuid import UUID

from sqlalchemy import select

from services.intake.commands import ClearFlag, RecordMeasure, RecordScreen
from services.intake.domain import (
    FLAG_DUE_AFTER,
    Episode,
    FlagLevel,
    Measure,
    MeasureContext,
    SafetyFlag,
    Screen,
    baseline_of,
    meaning,
)
from services.intake.handlers.assessing import (
    demand_fitting,
    forms_of,
    held_episode,
    verdict_for,
    within,
)
from services.intake.handlers.deciding import let_lapse
from services.intake.handlers.questionnaires import instrument_of
from services.intake.models import courses, measures, packs, safety_flags
from shared.access import Role
from shared.errors import ForbiddenError
from shared.ids import uuid7
from shared.instruments import (
    Instrument,
    InstrumentCode,
    Score,
    Trend,
    score,
)
from shared.rulepack import EligibilityRule, RuleClass
from shared.unit_of_work import UnitOfWork

CAUSE_SAFETY = "safety"
ESCALATE = "escalate_flag"


def record_measure(command: RecordMeasure, uow: UnitOfWork) -> Measure:
    """Score a questionnaire; an alarming answer raises a flag in the same commit.

    Raises:
        WrongStateError: the episode is at its end.
        InvalidError: the answers do not fit the questionnaire.
    """
    episode = held_episode(command.episode_id, uow)
    is_follow_up = command.context is MeasureContext.FOLLOW_UP
    episode.demand_answerable(is_follow_up=is_follow_up)
    instrument = instrument_of(command.instrument, uow)
    with within("answers"):
        result = score(instrument, command.answers)
    measure = Measure(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=episode.patient_id,
        episode_id=episode.id,
        instrument=instrument.code,
        instrument_version=instrument.version,
        context=command.context,
        answers=dict(command.answers),
        total=result.total,
        band=result.band,
        level=result.level.value if result.level else None,
        findings=list(result.findings),
        trends=_trends(instrument, result, episode, uow),
        alert=result.alert,
        recorded_by=uow.actor_id,
        recorded_at=uow.now,
        follow_up=instrument.follow_up if result.alert else None,
    )
    if result.alert:
        measure.crisis_resources = packs.of(uow).crisis.resources
    uow.publish(measure.record(), of=measure)
    if level := _alarm(measure):
        _raise_flag(measure, level, episode, uow)
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
        demand_fitting(command.answers, packs.of(uow))
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
        ForbiddenError: the flag asks whether dosing may go on, which a prescriber says.
    """
    flag = uow.get(SafetyFlag, command.flag_id)
    is_about_dosing = flag.level is FlagLevel.DETERIORATED
    if is_about_dosing and Role.PRESCRIBER not in uow.context.roles:
        raise ForbiddenError("a prescriber looks at this before the next dose")
    # An alarm that comes at this moment must not fall under a flag that is going.
    episode = held_episode(flag.episode_id, uow)
    event = flag.clear(by=uow.actor_id, note=command.note, at=uow.now)
    uow.forget(ESCALATE, about=flag.id)
    uow.publish(event, of=flag)
    uow.flush()
    if flag.level is FlagLevel.HIGH and _open_flag(episode, flag.level, uow) is None:
        episode.note_crisis(None)
    return flag


def escalate_flag(flag_id: UUID, uow: UnitOfWork) -> None:
    """Nobody saw to a flag in time: the next role is asked, once."""
    flag = uow.find(SafetyFlag, flag_id)
    if flag is None or flag.cleared_at is not None or flag.escalated_at is not None:
        return
    uow.publish(flag.escalate(at=uow.now), of=flag)


def _trends(
    instrument: Instrument, result: Score, episode: Episode, uow: UnitOfWork
) -> list[str]:
    """What a total says beside the patient's earlier ones of this episode.

    Before the first dose it is seen from the first of them.
    """
    if result.total is None:
        return []
    query = select(measures.c.total, measures.c.recorded_at).where(
        measures.c.clinic_id == uow.clinic_id,
        measures.c.episode_id == episode.id,
        measures.c.instrument == instrument.code,
        measures.c.instrument_version == instrument.version,
    )
    earlier = uow.connection.execute(query.order_by(measures.c.id)).all()
    dosed = select(courses.c.first_dose_at).where(courses.c.id == episode.id)
    first_dose_at = uow.connection.execute(dosed).scalar()
    baseline = (
        baseline_of([row.recorded_at for row in earlier], first_dose_at)
        if first_dose_at
        else 0
    )
    totals = [*(row.total for row in earlier), result.total]
    return [trend.value for trend in meaning(instrument, totals, baseline)]


def _alarm(measure: Measure) -> FlagLevel | None:
    """Whether the answers ask for a clinician, and how urgently."""
    if measure.alert:
        is_triage = measure.instrument == InstrumentCode.CSSRS
        return FlagLevel.HIGH if is_triage else FlagLevel.ITEM9
    is_worse = Trend.DETERIORATED in measure.trends
    return FlagLevel.DETERIORATED if is_worse else None


def _raise_flag(
    measure: Measure, level: FlagLevel, episode: Episode, uow: UnitOfWork
) -> None:
    """Ask for a clinician, unless one is asked for by the same cause already."""
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
            due_at=uow.now + FLAG_DUE_AFTER[level],
        )
        uow.publish(flag.flag(), of=flag)
        uow.add(flag)
        uow.remind(ESCALATE, about=flag.id, at=flag.due_at)
    measure.safety_flag_id = flag.id
    if level is FlagLevel.HIGH:
        episode.note_crisis(flag.raised_at)
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
    weighed = {rule.code for rule in before.against_all}
    return [
        rule
        for rule in verdict_for(episode, screen, uow).against_all
        if rule.rule_class is not RuleClass.RELATIVE and rule.code not in weighed
    ]


def _take_in(episode: Episode, uow: UnitOfWork) -> None:
    wanted = tuple(code.value for code in packs.of(uow).screening.instruments)
    news = episode.take_in(forms_of(episode, uow), wanted=wanted, at=uow.now)
    for event in news:
        uow.publish(event, of=episode)
