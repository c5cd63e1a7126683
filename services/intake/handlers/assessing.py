"""What the rule pack says of answers, and how an error names the answer at fault."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from sqlalchemy import select

from services.intake.domain import (
    SAFETY_SCREEN,
    Episode,
    Measure,
    MeasureContext,
    Patient,
    Screen,
    age_years,
)
from services.intake.handlers.listed import facts_listed
from services.intake.models import episodes, measures, packs
from shared.errors import InvalidError
from shared.instruments import InstrumentCode
from shared.readiness import FactName
from shared.rulepack import RulePack, Verdict
from shared.unit_of_work import UnitOfWork

AGE = "age_years"
OTHER = "other"

Answers = Mapping[str, bool | float]


def verdict_of(
    answers: Answers,
    *,
    birth_date: date | None,
    on: date,
    pack: RulePack,
    listed: frozenset[str] = frozenset(),
) -> Verdict:
    """What the rules of a pack say."""
    return pack.evaluate_eligibility(weighed(answers, birth_date, on, pack, listed))


def weighed(
    answers: Answers,
    birth_date: date | None,
    on: date,
    pack: RulePack,
    listed: frozenset[str] = frozenset(),
) -> Answers:
    """The answers that count; nobody is older than the birth date tells.

    Of the age by birth date, if it is known, and the age in the answers the lower one
    counts. Answers to questions that the pack does not ask are left aside. What the
    list of medication and allergies stands for (`listed`) holds whatever was answered.
    """
    known = {
        fact: answer
        for fact, answer in answers.items()
        if fact in pack.eligibility.facts
    }
    if birth_date is not None and AGE in pack.eligibility.number_facts:
        age = age_years(birth_date, on)
        if pack.plausible(AGE, age):
            known[AGE] = min(age, known.get(AGE, age))
    return known | dict.fromkeys(listed & pack.eligibility.yes_no_facts, True)


def verdict_for(episode: Episode, screen: Screen | None, uow: UnitOfWork) -> Verdict:
    """What the rules say of one safety screen of an episode."""
    patient, pack = uow.get(Patient, episode.patient_id), packs.of(uow)
    uow.flush()
    listed = facts_listed(
        [episode.id],
        uow.now,
        pack=pack,
        connection=uow.connection,
        clinic_id=uow.clinic_id,
    )
    return verdict_of(
        screen.answers if screen else {},
        birth_date=patient.birth_date,
        on=uow.now.date(),
        pack=pack,
        listed=listed.get(episode.id, frozenset()),
    )


def demand_fitting(answers: Answers, pack: RulePack) -> None:
    """Refuse answers to no question, of the wrong kind, or impossible.

    Raises:
        InvalidError: `details["errors"]` names every answer at fault.
    """
    faults: dict[str, str] = {}
    for fact, answer in answers.items():
        try:
            pack.evaluate_eligibility({fact: answer})
        except InvalidError as error:
            faults[fact] = error.message
    if faults:
        raise InvalidError("the answers do not fit", details={"errors": faults})


def missing_forms(answered: Iterable[str], pack: RulePack) -> tuple[str, ...]:
    """The questionnaires a screening cannot do without and still lacks."""
    known = set(answered)
    wanted = pack.screening.instruments
    return tuple(code.value for code in wanted if code.value not in known)


def forms_of(episode: Episode, uow: UnitOfWork) -> set[str]:
    """The questionnaires answered at intake."""
    answered = uow.all(
        select(Measure).where(
            measures.c.episode_id == episode.id,
            measures.c.context == MeasureContext.INTAKE,
        )
    )
    return {measure.instrument for measure in answered}


def coarse(codes: Iterable[str], pack: RulePack) -> tuple[str, ...]:
    """Codes in words that may leave the service: no reason can be read from them."""
    groups = _groups(pack)
    free = {*groups.values(), *FactName, *InstrumentCode, SAFETY_SCREEN}
    said = (code if code in free else groups.get(code, OTHER) for code in codes)
    return tuple(str(code) for code in dict.fromkeys(said))


def _groups(pack: RulePack) -> dict[str, str]:
    """The coarse word for each rule and each fact that a rule asks for."""
    rules = pack.eligibility.rules
    by_fact: dict[str, str] = {rule.fact: rule.reason_group for rule in rules}
    return by_fact | {rule.code: rule.reason_group for rule in rules}


def held_episode(episode_id: UUID, uow: UnitOfWork) -> Episode:
    """An episode of this clinic that nobody else changes meanwhile."""
    hold(episode_id, uow)
    return uow.get(Episode, episode_id)


def hold(episode_id: UUID, uow: UnitOfWork) -> None:
    """Let nobody else change an episode, or what it rests on, until the commit.

    A decision looks at other rows too: open flags, answered forms. Without the lock,
    it and an alarming answer could each miss the other.
    """
    row = select(episodes.c.id).where(episodes.c.id == episode_id)
    uow.connection.execute(row.with_for_update())


@contextmanager
def within(part: str) -> Iterator[None]:
    """Say in which part of the body the fault is that an error names."""
    try:
        yield
    except InvalidError as error:
        faults = error.details.get("errors")
        if not isinstance(faults, Mapping):
            field = f"{part}/{error.field}" if error.field else part
            raise InvalidError(error.message, field=field) from error
        inside = {f"{part}/{name}": fault for name, fault in faults.items()}
        raise InvalidError(error.message, details={"errors": inside}) from error
