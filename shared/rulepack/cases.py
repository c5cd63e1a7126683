"""Test cases of a pack: what its rules must say of made-up answers.

They belong to the pack and are signed with it. A rule that could always be met, or
never, without any case noticing is not tested; a pack is signed when none is left.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from shared.datafile import Answer
from shared.errors import InvalidError
from shared.events import Code
from shared.rulepack.eligibility import (
    Answers,
    Eligibility,
    Outcome,
    RuleState,
    Verdict,
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Somebody unremarkable but for some answers, and what the rules must say.

    `unanswered` are facts nobody has asked about; `met` the codes of the rules that
    must be met, and no others.
    """

    code: Code
    answers: Mapping[Code, Answer]
    unanswered: tuple[Code, ...] = ()
    outcome: Outcome
    met: tuple[Code, ...] = ()

    def answers_of(self, eligibility: Eligibility) -> Answers:
        """All answers of this person."""
        answers = {**eligibility.nothing_said_against, **self.answers}
        return {
            fact: answer
            for fact, answer in answers.items()
            if fact not in self.unanswered
        }

    def fits(self, verdict: Verdict) -> bool:
        """Whether the rules say what they must."""
        codes = {rule.code for rule in verdict.met}
        return verdict.outcome is self.outcome and codes == set(self.met)


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """A case, and what the rules say of it."""

    case: Case
    outcome: Outcome
    met: tuple[str, ...]
    passes: bool


def results_of(eligibility: Eligibility, cases: tuple[Case, ...]) -> list[CaseResult]:
    """What the rules say of each case."""
    return [
        CaseResult(
            case=case,
            outcome=verdict.outcome,
            met=tuple(rule.code for rule in verdict.met),
            passes=case.fits(verdict),
        )
        for case, verdict in _verdicts(eligibility, cases)
    ]


def untested_rules(eligibility: Eligibility, cases: tuple[Case, ...]) -> list[str]:
    """Codes of rules that could always be met, or never, without any case noticing."""
    verdicts = list(_verdicts(eligibility, cases))

    def is_noticed(place: int, state: RuleState) -> bool:
        return any(
            not case.fits(_forced(verdict, place, state)) for case, verdict in verdicts
        )

    return [
        rule.code
        for place, rule in enumerate(eligibility.rules)
        if not (
            is_noticed(place, RuleState.MET) and is_noticed(place, RuleState.NOT_MET)
        )
    ]


def demand_sound(eligibility: Eligibility, cases: tuple[Case, ...]) -> None:
    """Refuse cases with one code, or about facts and rules that are not there.

    Raises:
        InvalidError: it names the case at fault.
    """
    rules = {rule.code for rule in eligibility.rules}
    seen: set[str] = set()
    for case in cases:
        where = f"cases[{case.code}]"
        if case.code in seen:
            raise InvalidError("stands there twice", field=where)
        seen.add(case.code)
        asked = {*case.answers, *case.unanswered}
        if unknown := sorted(asked - eligibility.facts):
            told = ", ".join(unknown)
            raise InvalidError(f"is about what no rule asks: {told}", field=where)
        if unknown := sorted(set(case.met) - rules):
            raise InvalidError(f"names no rule: {', '.join(unknown)}", field=where)
        try:
            eligibility.evaluate(case.answers_of(eligibility))
        except InvalidError as error:
            raise InvalidError(error.message, field=where) from error


def _verdicts(
    eligibility: Eligibility, cases: tuple[Case, ...]
) -> Iterator[tuple[Case, Verdict]]:
    for case in cases:
        yield case, eligibility.evaluate(case.answers_of(eligibility))


def _forced(verdict: Verdict, place: int, state: RuleState) -> Verdict:
    """The verdict if one rule were in a state whatever is answered."""
    results = list(verdict.results)
    if results[place].state is not RuleState.UNKNOWN:
        results[place] = replace(results[place], state=state)
    return replace(verdict, results=tuple(results))
