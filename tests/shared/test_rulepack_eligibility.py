"""Eligibility by the base pack: every rule, its class, its borders, its outcome."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.rulepack import Outcome, RuleClass, RuleState, Verdict, load_pack

BASE = load_pack()
RULES = {rule.code: rule for rule in BASE.eligibility.rules}

CLASSES = {
    "hypersensitivity": "absolute",
    "aneurysmal_disease": "absolute",
    "intracerebral_haemorrhage": "absolute",
    "pressure_rise_hazard": "absolute",
    "pre_eclampsia": "absolute",
    "severe_heart_disease": "absolute",
    "stroke_or_head_injury": "absolute",
    "raised_intracranial_pressure": "absolute",
    "systolic_stop": "absolute",
    "diastolic_stop": "absolute",
    "under_age": "absolute",
    "capacity_lacking": "absolute",
    "systolic_high": "hard_stop",
    "diastolic_high": "hard_stop",
    "uncontrolled_hypertension": "hard_stop",
    "unstable_heart_disease": "hard_stop",
    "psychosis_current": "hard_stop",
    "severe_hepatic_impairment": "hard_stop",
    "raised_intraocular_pressure": "hard_stop",
    "hyperthyroidism_uncontrolled": "hard_stop",
    "dementia_or_delirium": "hard_stop",
    "theophylline": "hard_stop",
    "mania_current": "time_limited",
    "substance_use_active": "time_limited",
    "pregnancy": "time_limited",
    "breastfeeding": "time_limited",
    "hypertensive_encephalopathy": "relative",
    "psychosis_in_family": "relative",
    "dissociative_disorder": "relative",
    "bipolar_unstabilised": "relative",
    "moderate_hepatic_impairment": "relative",
    "seizures": "relative",
    "cystitis": "relative",
    "severe_respiratory_disease": "relative",
    "sleep_apnoea_untreated": "relative",
    "maoi": "relative",
}
NUMBERS = {"age_years": 40, "systolic_mmhg": 120, "diastolic_mmhg": 75}
NUMBER_RULES = {
    "systolic_stop": "systolic_mmhg",
    "diastolic_stop": "diastolic_mmhg",
    "systolic_high": "systolic_mmhg",
    "diastolic_high": "diastolic_mmhg",
    "under_age": "age_years",
}
YES_NO = sorted(CLASSES.keys() - NUMBER_RULES.keys())
WELL: dict[str, bool | int] = {**dict.fromkeys(YES_NO, False), **NUMBERS}


def judge(**changes: bool | int | float) -> Verdict:
    """The verdict on somebody well, but for some answers."""
    return BASE.evaluate_eligibility({**WELL, **changes})


def met(verdict: Verdict) -> set[str]:
    return {rule.code for rule in verdict.met}


def test_the_base_pack_has_these_rules_in_these_classes_and_no_others() -> None:
    assert {code: rule.rule_class.value for code, rule in RULES.items()} == CLASSES


def test_each_yes_no_rule_asks_for_the_fact_it_is_named_after() -> None:
    facts = {code: rule.fact for code, rule in RULES.items()}

    assert facts == {code: NUMBER_RULES.get(code, code) for code in CLASSES}
    assert BASE.eligibility.yes_no_facts == set(YES_NO)
    assert BASE.eligibility.number_facts == set(NUMBERS)
    assert BASE.eligibility.facts == WELL.keys()


def test_somebody_well_is_eligible_with_every_rule_shown_as_not_met() -> None:
    verdict = judge()

    assert verdict.outcome is Outcome.ELIGIBLE
    assert not (verdict.met or verdict.missing or verdict.reason_groups)
    assert {(r.rule.code, r.state) for r in verdict.results} == {
        (code, RuleState.NOT_MET) for code in CLASSES
    }


@pytest.mark.parametrize("fact", YES_NO)
def test_a_yes_meets_its_one_rule_and_its_class_decides(fact: str) -> None:
    verdict = judge(**{fact: True})

    absolute = CLASSES[fact] == "absolute"
    assert met(verdict) == {fact}
    assert verdict.outcome is (Outcome.INELIGIBLE if absolute else Outcome.REVIEW)
    assert verdict.reason_groups == (RULES[fact].reason_group,)


@pytest.mark.parametrize(
    ("fact", "value", "rules", "outcome"),
    [
        ("age_years", 17, {"under_age"}, Outcome.INELIGIBLE),
        ("age_years", 17.9, {"under_age"}, Outcome.INELIGIBLE),
        ("age_years", 18, set(), Outcome.ELIGIBLE),
        ("systolic_mmhg", 160, set(), Outcome.ELIGIBLE),
        ("systolic_mmhg", 161, {"systolic_high"}, Outcome.REVIEW),
        ("systolic_mmhg", 179, {"systolic_high"}, Outcome.REVIEW),
        (
            "systolic_mmhg",
            180,
            {"systolic_high", "systolic_stop"},
            Outcome.INELIGIBLE,
        ),
        ("diastolic_mmhg", 100, set(), Outcome.ELIGIBLE),
        ("diastolic_mmhg", 101, {"diastolic_high"}, Outcome.REVIEW),
        ("diastolic_mmhg", 109, {"diastolic_high"}, Outcome.REVIEW),
        (
            "diastolic_mmhg",
            110,
            {"diastolic_high", "diastolic_stop"},
            Outcome.INELIGIBLE,
        ),
    ],
)
def test_a_number_meets_its_rules_at_their_borders(
    fact: str, value: float, rules: set[str], outcome: Outcome
) -> None:
    verdict = judge(**{fact: value})

    assert met(verdict) == rules
    assert verdict.outcome is outcome


@pytest.mark.parametrize("fact", sorted(WELL))
def test_an_open_question_leaves_the_verdict_incomplete_unless_it_is_relative(
    fact: str,
) -> None:
    answers = {name: answer for name, answer in WELL.items() if name != fact}

    verdict = BASE.evaluate_eligibility(answers)

    rules = [rule for rule in RULES.values() if rule.fact == fact]
    unknown = {r.rule.code for r in verdict.results if r.state is RuleState.UNKNOWN}
    assert unknown == {rule.code for rule in rules}
    if all(rule.rule_class is RuleClass.RELATIVE for rule in rules):
        assert (verdict.outcome, verdict.missing) == (Outcome.ELIGIBLE, ())
    else:
        assert (verdict.outcome, verdict.missing) == (Outcome.INCOMPLETE, (fact,))


def test_an_empty_screen_is_incomplete_and_names_each_open_question_once() -> None:
    verdict = BASE.evaluate_eligibility({})

    asked = {fact for fact in WELL if CLASSES.get(fact) != "relative"}
    assert verdict.outcome is Outcome.INCOMPLETE
    assert set(verdict.missing) == asked
    assert len(verdict.missing) == len(asked)


def test_an_absolute_rule_decides_before_the_screen_is_complete() -> None:
    verdict = BASE.evaluate_eligibility({"aneurysmal_disease": True})

    assert verdict.outcome is Outcome.INELIGIBLE
    assert "intracerebral_haemorrhage" in verdict.missing


def test_a_hard_stop_waits_for_the_screen_to_be_complete() -> None:
    verdict = BASE.evaluate_eligibility({"theophylline": True})

    assert verdict.outcome is Outcome.INCOMPLETE
    assert met(verdict) == {"theophylline"}


def test_reasons_are_told_in_words_too_coarse_to_disclose_one_of_them() -> None:
    groups: dict[str, set[str]] = {}
    for rule in RULES.values():
        groups.setdefault(rule.reason_group, set()).add(rule.fact)

    assert groups.keys() == {"medical", "mental_health", "medication", "general"}
    assert {group for group, facts in groups.items() if len(facts) < 2} == set()
    assert groups["medical"] > {"pregnancy", "breastfeeding"}
    assert groups["mental_health"] > {"substance_use_active"}


def test_reason_groups_are_told_once_and_in_no_telling_order() -> None:
    verdict = judge(pregnancy=True, cystitis=True, mania_current=True, maoi=True)

    assert verdict.reason_groups == ("medical", "medication", "mental_health")


@pytest.mark.parametrize(
    ("fact", "answer"),
    [
        ("pregnancy", 1),
        ("pregnancy", 0),
        ("pregnancy", "no"),
        ("pregnancy", None),
        ("age_years", True),
        ("age_years", "40"),
        ("age_years", None),
        ("systolic_mmhg", float("nan")),
        ("systolic_mmhg", float("inf")),
        ("systolic_mmhg", 12),
        ("systolic_mmhg", 1200),
        ("diastolic_mmhg", 7),
        ("age_years", -1),
        ("age_years", 121),
        ("favourite_colour", True),
    ],
)
def test_an_answer_that_cannot_be_is_refused_and_named(fact: str, answer: Any) -> None:
    with pytest.raises(InvalidError) as refusal:
        judge(**{fact: answer})

    assert refusal.value.field == fact


@given(
    yes=st.sets(st.sampled_from(YES_NO)),
    further=st.sampled_from(YES_NO),
    numbers=st.fixed_dictionaries(
        {
            "age_years": st.integers(0, 120),
            "systolic_mmhg": st.integers(40, 300),
            "diastolic_mmhg": st.integers(10, 200),
        }
    ),
)
def test_a_further_reason_against_treatment_never_makes_the_verdict_milder(
    yes: set[str], further: str, numbers: dict[str, int]
) -> None:
    order = [Outcome.ELIGIBLE, Outcome.REVIEW, Outcome.INELIGIBLE]

    before = judge(**dict.fromkeys(yes, True), **numbers)
    after = judge(**dict.fromkeys(yes | {further}, True), **numbers)

    assert order.index(before.outcome) <= order.index(after.outcome)
    assert met(before) | {further} == met(after)


@given(answered=st.sets(st.sampled_from(sorted(WELL))))
def test_nobody_is_eligible_before_every_question_that_matters_is_answered(
    answered: set[str],
) -> None:
    answers = {fact: WELL[fact] for fact in answered}

    verdict = BASE.evaluate_eligibility(answers)

    complete = {f for f in WELL if CLASSES.get(f) != "relative"} <= answered
    assert (verdict.outcome is Outcome.ELIGIBLE) == complete
