"""The cases of the base pack notice any rule that says the wrong thing."""

from dataclasses import replace

import pytest

from shared.errors import InvalidError
from shared.rulepack import Case, EligibilityRule, Limit, Outcome, RuleClass, load_pack
from shared.rulepack.cases import demand_sound, results_of, untested_rules
from shared.rulepack.eligibility import Eligibility

BASE = load_pack()
every_rule = pytest.mark.parametrize(
    "rule", BASE.eligibility.rules, ids=lambda rule: rule.code
)


def with_rule(rule: EligibilityRule) -> Eligibility:
    """The base's rules with one changed."""
    rules = tuple(
        rule if one.code == rule.code else one for one in BASE.eligibility.rules
    )
    return replace(BASE.eligibility, rules=rules)


def is_noticed(rules: Eligibility) -> bool:
    """Whether a case fails."""
    return not all(one.passes for one in results_of(rules, BASE.cases))


def test_the_base_pack_passes_its_own_cases() -> None:
    assert [one.case.code for one in BASE.case_results if not one.passes] == []


def test_no_rule_of_the_base_pack_is_untested() -> None:
    assert BASE.untested_rules == []


@every_rule
def test_a_rule_whose_limit_moves_by_a_step_is_noticed(rule: EligibilityRule) -> None:
    if rule.limit is None:
        return
    for step in (-1, 1):
        bounds = {
            name: value + step
            for name, value in vars(rule.limit).items()
            if value is not None
        }
        assert is_noticed(with_rule(replace(rule, limit=Limit(**bounds))))


@every_rule
def test_a_rule_of_another_weight_is_noticed(rule: EligibilityRule) -> None:
    """A hard stop and one limited in time weigh the same in an outcome."""
    lasting = {RuleClass.HARD_STOP, RuleClass.TIME_LIMITED, RuleClass.RELATIVE}
    others = lasting if rule.rule_class is RuleClass.ABSOLUTE else {RuleClass.ABSOLUTE}
    for other in others:
        assert is_noticed(with_rule(replace(rule, rule_class=other)))


def test_a_rule_without_a_case_that_meets_it_is_untested() -> None:
    cases = tuple(case for case in BASE.cases if "pregnancy" not in case.met)

    assert untested_rules(BASE.eligibility, cases) == ["pregnancy"]


def test_a_rule_that_every_case_meets_is_untested() -> None:
    cases = tuple(case for case in BASE.cases if "pregnancy" in case.met)

    assert "pregnancy" in untested_rules(BASE.eligibility, cases)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"answers": {"no_such_fact": True}}, "what no rule asks"),
        ({"unanswered": ("no_such_fact",)}, "what no rule asks"),
        ({"met": ("no_such_rule",)}, "names no rule"),
        ({"answers": {"pregnancy": 3.0}}, "not yes or no"),
    ],
)
def test_a_case_about_what_is_not_there_is_refused(
    changes: dict[str, object], says: str
) -> None:
    case = Case(code="odd", answers={}, outcome=Outcome.ELIGIBLE)

    with pytest.raises(InvalidError, match=says) as refusal:
        demand_sound(BASE.eligibility, (replace(case, **changes),))  # type: ignore[arg-type]

    assert refusal.value.field == "cases[odd]"


def test_two_cases_of_one_code_are_refused() -> None:
    case = Case(code="same", answers={}, outcome=Outcome.ELIGIBLE)

    with pytest.raises(InvalidError, match="twice"):
        demand_sound(BASE.eligibility, (case, case))
