"""Who may be treated: the rules of a pack, and what they say about given answers.

A verdict is what a prescriber signs or overrules; it never decides alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import InvalidError
from shared.events import Code
from shared.rulepack.dose import Route
from shared.rulepack.limits import Limit, as_number

Answers = Mapping[str, bool | int | float]
"""Answers of a safety screen by fact: yes or no, or a number in the unit it names."""


class RuleClass(StrEnum):
    """How much a rule that is met weighs."""

    ABSOLUTE = "absolute"
    """No dose; only another rule pack can lift it."""
    HARD_STOP = "hard_stop"
    """No dose unless a prescriber overrides it with a reason."""
    TIME_LIMITED = "time_limited"
    """A hard stop that is expected to pass and is looked at again."""
    RELATIVE = "relative"
    """A dose needs documented benefit and risk."""


MUST_BE_ANSWERED = frozenset(set(RuleClass) - {RuleClass.RELATIVE})
"""Classes whose facts leave a verdict incomplete while nobody has answered them."""


class RuleState(StrEnum):
    """What answers say about one rule."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What the rules say about a patient, taken together."""

    ELIGIBLE = "eligible"
    REVIEW = "review"
    INELIGIBLE = "ineligible"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, kw_only=True)
class EligibilityRule:
    """A reason against treatment: a fact that holds, or a number beyond a limit.

    One that names `routes` speaks against these only. `reason_group` is the coarse word
    that may leave the service in place of `code`.
    """

    code: Code
    rule_class: RuleClass
    label: str
    fact: Code
    limit: Limit | None = None
    reason_group: Code
    source: str
    routes: tuple[Route, ...] = ()

    def state(self, answers: Answers) -> RuleState:
        """What the answers say about this rule.

        Raises:
            InvalidError: the answer is of the wrong kind.
        """
        if self.fact not in answers:
            return RuleState.UNKNOWN
        answer = answers[self.fact]
        if self.limit is not None:
            met = self.limit.crossed_by(as_number(answer, field=self.fact))
        elif isinstance(answer, bool):
            met = answer
        else:
            raise InvalidError(f"{self.fact} is not yes or no.", field=self.fact)
        return RuleState.MET if met else RuleState.NOT_MET


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """A rule, with its fact, class and source, and what the answers say about it."""

    rule: EligibilityRule
    state: RuleState


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the rules say, rule by rule; `missing` are facts that must be answered."""

    results: tuple[RuleResult, ...]

    @property
    def met(self) -> tuple[EligibilityRule, ...]:
        """The rules that speak against treatment, or against a route of it."""
        return tuple(
            result.rule for result in self.results if result.state is RuleState.MET
        )

    @property
    def against_all(self) -> tuple[EligibilityRule, ...]:
        """The rules that speak against treatment by whatever route."""
        return tuple(rule for rule in self.met if not rule.routes)

    def against(self, route: Route) -> tuple[EligibilityRule, ...]:
        """The rules that speak against one route in particular."""
        return tuple(rule for rule in self.met if route in rule.routes)

    @property
    def missing(self) -> tuple[str, ...]:
        """Facts nobody has answered and without which there is no decision."""
        unknown = (
            result.rule.fact
            for result in self.results
            if result.state is RuleState.UNKNOWN
            and result.rule.rule_class in MUST_BE_ANSWERED
        )
        return tuple(dict.fromkeys(unknown))

    @property
    def reason_groups(self) -> tuple[str, ...]:
        """Why not, in words coarse enough for an event."""
        return tuple(sorted({rule.reason_group for rule in self.met}))

    @property
    def outcome(self) -> Outcome:
        """An absolute rule outweighs missing answers; those outweigh all the rest.

        Rules against one route leave the others.
        """
        if any(rule.rule_class is RuleClass.ABSOLUTE for rule in self.against_all):
            return Outcome.INELIGIBLE
        if self.missing:
            return Outcome.INCOMPLETE
        return Outcome.REVIEW if self.against_all else Outcome.ELIGIBLE


@dataclass(frozen=True, kw_only=True)
class Eligibility:
    """The rules of a pack about who may be treated.

    `unremarkable` are the numbers of somebody whom no rule speaks against; the pack's
    cases are told as what differs from them.
    """

    rules: tuple[EligibilityRule, ...]
    unremarkable: Mapping[Code, float]

    def __post_init__(self) -> None:
        if not self.rules:
            raise InvalidError("is empty, so everybody would pass", field="rules")
        codes = [rule.code for rule in self.rules]
        if len(set(codes)) < len(codes):
            raise InvalidError("names a code twice", field="rules")
        if both := self.number_facts & self.yes_no_facts:
            told = ", ".join(sorted(both))
            raise InvalidError(f"uses as number and as yes/no: {told}", field="rules")
        if missing := self.number_facts - self.unremarkable.keys():
            told = ", ".join(sorted(missing))
            raise InvalidError(f"lacks {told}", field="unremarkable")
        if self.evaluate(self.nothing_said_against).met:
            raise InvalidError("has a number that meets a rule", field="unremarkable")

    @property
    def nothing_said_against(self) -> Answers:
        """The answers of somebody whom no rule speaks against."""
        numbers = {fact: self.unremarkable[fact] for fact in self.number_facts}
        return {**dict.fromkeys(self.yes_no_facts, False), **numbers}

    @property
    def number_facts(self) -> frozenset[str]:
        """Facts that are answered with a number."""
        return frozenset(rule.fact for rule in self.rules if rule.limit is not None)

    @property
    def yes_no_facts(self) -> frozenset[str]:
        """Facts that are answered with yes or no."""
        return frozenset(rule.fact for rule in self.rules if rule.limit is None)

    @property
    def facts(self) -> frozenset[str]:
        """Every fact a safety screen asks for."""
        return self.number_facts | self.yes_no_facts

    def evaluate(self, answers: Answers) -> Verdict:
        """What all rules say about the answers.

        Raises:
            InvalidError: an answer is to no question the rules ask, so it would be
                lost without a word, or is of the wrong kind.
        """
        for fact in answers:
            if fact not in self.facts:
                raise InvalidError(f"No rule asks for {fact}.", field=fact)
        return Verdict(
            results=tuple(
                RuleResult(rule=rule, state=rule.state(answers)) for rule in self.rules
            )
        )
