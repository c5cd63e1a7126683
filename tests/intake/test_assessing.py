"""What the rule pack says of answers, and what may be told of it."""

from datetime import date

import pytest

from services.intake.handlers.assessing import coarse, verdict_of
from shared.rulepack import EligibilityRule, Outcome, load_pack
from shared.testing.lab import MORNING
from tests.intake.clinic_lab import all_clear

BASE = load_pack()
ADULT = date(1985, 4, 30)
CHILD = date(2009, 4, 30)


def outcome(birth_date: date, **different: bool | float) -> Outcome:
    verdict = verdict_of(
        all_clear(**different), birth_date=birth_date, on=MORNING.date(), pack=BASE
    )
    return verdict.outcome


def test_nobody_is_older_than_the_birth_date_tells() -> None:
    assert outcome(ADULT) is Outcome.ELIGIBLE
    assert outcome(CHILD, age_years=40) is Outcome.INELIGIBLE


def test_nobody_is_older_than_the_screen_says() -> None:
    assert outcome(ADULT, age_years=16) is Outcome.INELIGIBLE


def test_the_age_need_not_be_asked() -> None:
    answers = all_clear()
    del answers["age_years"]

    verdict = verdict_of(answers, birth_date=ADULT, on=MORNING.date(), pack=BASE)

    assert verdict.outcome is Outcome.ELIGIBLE


def test_a_birth_date_no_age_can_be_read_from_leaves_the_age_to_be_asked() -> None:
    answers = all_clear()
    del answers["age_years"]

    verdict = verdict_of(
        answers, birth_date=date(1900, 1, 1), on=MORNING.date(), pack=BASE
    )

    assert verdict.missing == ("age_years",)


def test_an_answer_the_pack_no_longer_asks_for_is_left_aside() -> None:
    assert outcome(ADULT, once_asked=True) is Outcome.ELIGIBLE


@pytest.mark.parametrize("rule", BASE.eligibility.rules, ids=lambda r: r.code)
def test_no_reason_can_be_read_from_what_is_told(rule: EligibilityRule) -> None:
    groups = {one.reason_group for one in BASE.eligibility.rules}

    assert set(coarse([rule.code, rule.fact], BASE)) <= groups


def test_what_is_told_keeps_free_words_and_hides_all_others() -> None:
    codes = ["phq9", "safety_screen", "clearance.medical", "medical", "ecg", "letter"]

    told = coarse(codes, BASE)

    assert told == ("phq9", "safety_screen", "clearance.medical", "medical", "other")
