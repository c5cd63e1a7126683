"""Questionnaires: totals, bands, triage, alerts, and what is refused."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.instruments import INSTRUMENTS, RiskLevel, Score, score

SUMMED = {"phq9": 9, "gad7": 7}

CALM = {"q1": 0, "q2": 0, "q6_lifetime": 0}


def answers_adding_up_to(total: int, items: int) -> dict[str, int]:
    """Answers from the first item on, so that the last items stay 0 if they can."""
    return {f"q{n + 1}": max(0, min(3, total - 3 * n)) for n in range(items)}


@pytest.mark.parametrize(
    ("instrument", "total", "band"),
    [
        ("phq9", 0, "minimal"),
        ("phq9", 4, "minimal"),
        ("phq9", 5, "mild"),
        ("phq9", 9, "mild"),
        ("phq9", 10, "moderate"),
        ("phq9", 14, "moderate"),
        ("phq9", 15, "moderately_severe"),
        ("phq9", 19, "moderately_severe"),
        ("phq9", 20, "severe"),
        ("phq9", 27, "severe"),
        ("gad7", 0, "minimal"),
        ("gad7", 4, "minimal"),
        ("gad7", 5, "mild"),
        ("gad7", 9, "mild"),
        ("gad7", 10, "moderate"),
        ("gad7", 14, "moderate"),
        ("gad7", 15, "severe"),
        ("gad7", 21, "severe"),
    ],
)
def test_a_total_falls_into_its_published_band(
    instrument: str, total: int, band: str
) -> None:
    answers = answers_adding_up_to(total, SUMMED[instrument])

    result = score(instrument, answers)

    assert (result.total, result.band, result.level) == (total, band, None)


@pytest.mark.parametrize("answer", [1, 2, 3])
def test_any_thought_of_self_harm_in_phq9_alerts_whatever_the_total(
    answer: int,
) -> None:
    answers = answers_adding_up_to(0, 9) | {"q9": answer}

    result = score("phq9", answers)

    assert result == Score(total=answer, band="minimal", alert=True)


def test_the_highest_phq9_total_without_item_9_does_not_alert() -> None:
    answers = dict.fromkeys((f"q{n}" for n in range(1, 9)), 3) | {"q9": 0}

    result = score("phq9", answers)

    assert result == Score(total=24, band="severe", alert=False)


def test_gad7_never_alerts() -> None:
    assert not score("gad7", answers_adding_up_to(21, 7)).alert


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        ({}, RiskLevel.NONE),
        ({"q1": 1}, RiskLevel.LOW),
        ({"q2": 1, "q3": 0, "q4": 0, "q5": 0}, RiskLevel.LOW),
        ({"q1": 1, "q2": 1, "q3": 0, "q4": 0, "q5": 0}, RiskLevel.LOW),
        ({"q2": 1, "q3": 1, "q4": 0, "q5": 0}, RiskLevel.MODERATE),
        ({"q6_lifetime": 1, "q6_recent": 0}, RiskLevel.MODERATE),
        ({"q2": 1, "q3": 0, "q4": 1, "q5": 0}, RiskLevel.HIGH),
        ({"q2": 1, "q3": 0, "q4": 0, "q5": 1}, RiskLevel.HIGH),
        ({"q6_lifetime": 1, "q6_recent": 1}, RiskLevel.HIGH),
        ({"q1": 1, "q6_lifetime": 1, "q6_recent": 1}, RiskLevel.HIGH),
    ],
)
def test_cssrs_is_triaged_by_the_gravest_yes(
    answers: Mapping[str, int], level: RiskLevel
) -> None:
    result = score("cssrs", {**CALM, **answers})

    assert result == Score(level=level, alert=level is RiskLevel.HIGH)


def test_cssrs_takes_true_and_false_for_yes_and_no() -> None:
    answers = {"q1": True, "q2": False, "q6_lifetime": False}

    assert score("cssrs", answers).level is RiskLevel.LOW


@pytest.mark.parametrize("name", ["q3", "q4", "q5"])
def test_after_a_yes_to_thoughts_of_suicide_each_further_question_is_needed(
    name: str,
) -> None:
    answers = {**CALM, "q2": 1, "q3": 0, "q4": 0, "q5": 0}
    del answers[name]

    with pytest.raises(InvalidError) as refusal:
        score("cssrs", answers)

    assert refusal.value.field == name


def test_behaviour_ever_asks_whether_it_was_lately() -> None:
    with pytest.raises(InvalidError) as refusal:
        score("cssrs", {**CALM, "q6_lifetime": 1})

    assert refusal.value.field == "q6_recent"


@pytest.mark.parametrize("name", ["q4", "q5", "q6_recent"])
def test_an_alarming_yes_counts_even_where_the_question_was_to_be_skipped(
    name: str,
) -> None:
    result = score("cssrs", {**CALM, name: 1})

    assert result == Score(level=RiskLevel.HIGH, alert=True)


@pytest.mark.parametrize("instrument", ["phq9", "gad7", "cssrs"])
def test_a_missing_answer_is_refused_and_named(instrument: str) -> None:
    needed = [i.name for i in INSTRUMENTS[instrument].items if i.asked_if is None]
    for missing in needed:
        answers = {name: 0 for name in needed if name != missing}

        with pytest.raises(InvalidError) as refusal:
            score(instrument, answers)

        assert refusal.value.field == missing


@pytest.mark.parametrize(
    ("instrument", "value"),
    [
        ("phq9", 4),
        ("phq9", -1),
        ("phq9", 1.5),
        ("phq9", 2.0),
        ("phq9", "2"),
        ("phq9", None),
        ("phq9", True),
        ("gad7", 4),
        ("gad7", -1),
        ("cssrs", 2),
        ("cssrs", -1),
        ("cssrs", "yes"),
    ],
)
def test_an_answer_out_of_range_is_refused_and_named(
    instrument: str, value: int
) -> None:
    items = INSTRUMENTS[instrument].items
    answers = {item.name: 0 for item in items} | {"q2": value}

    with pytest.raises(InvalidError) as refusal:
        score(instrument, answers)

    assert refusal.value.field == "q2"


def test_an_answer_to_no_question_is_refused_and_named() -> None:
    answers = answers_adding_up_to(0, 7) | {"q8": 0}

    with pytest.raises(InvalidError) as refusal:
        score("gad7", answers)

    assert refusal.value.field == "q8"


def test_every_fault_is_told_together() -> None:
    answers = answers_adding_up_to(0, 7) | {"q1": 9, "q8": 0}
    del answers["q3"]

    with pytest.raises(InvalidError) as refusal:
        score("gad7", answers)

    errors = refusal.value.details["errors"]
    assert isinstance(errors, dict)
    assert list(errors) == ["q1", "q3", "q8"]


def test_an_unknown_questionnaire_is_refused() -> None:
    with pytest.raises(InvalidError) as refusal:
        score("phq2", {})

    assert refusal.value.field == "instrument"


def test_each_item_has_the_code_it_is_known_by() -> None:
    codes = {
        code: [item.loinc for item in instrument.items]
        for code, instrument in INSTRUMENTS.items()
    }

    assert codes == {
        "phq9": [
            "44250-9",
            "44255-8",
            "44259-0",
            "44254-1",
            "44251-7",
            "44258-2",
            "44252-5",
            "44253-3",
            "44260-8",
        ],
        "gad7": [
            "69725-0",
            "68509-9",
            "69733-4",
            "69734-2",
            "69735-9",
            "69689-8",
            "69736-7",
        ],
        "cssrs": [
            "93246-7",
            "93247-5",
            "93248-3",
            "93249-1",
            "93250-9",
            "93267-3",
            "93269-9",
        ],
    }


def test_each_questionnaire_and_its_result_have_their_codes() -> None:
    codes = {i.code: (i.loinc, i.result_loinc) for i in INSTRUMENTS.values()}

    assert codes == {
        "phq9": ("44249-1", "44261-6"),
        "gad7": ("69737-5", "70274-6"),
        "cssrs": ("93373-9", "93374-7"),
    }


def has_valid_check_digit(loinc: str) -> bool:
    """Whether the last digit fits the rest (LOINC users' guide, Mod 10)."""
    number, _, check = loinc.partition("-")
    doubled = "".join(
        str(int(digit) * (2 if place % 2 == 0 else 1))
        for place, digit in enumerate(reversed(number))
    )
    return (sum(map(int, doubled)) + int(check)) % 10 == 0


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=str)
def test_no_code_is_mistyped(instrument: object) -> None:
    known = next(i for i in INSTRUMENTS.values() if i is instrument)
    codes = [known.loinc, known.result_loinc, *(item.loinc for item in known.items)]

    assert [code for code in codes if not has_valid_check_digit(code)] == []


@given(instrument=st.sampled_from(sorted(SUMMED)), data=st.data())
def test_a_total_is_the_sum_and_one_point_more_never_a_milder_band(
    instrument: str, data: st.DataObject
) -> None:
    names = [item.name for item in INSTRUMENTS[instrument].items]
    answers = {name: data.draw(st.integers(0, 3), label=name) for name in names}
    raised = data.draw(st.sampled_from(names))
    bands = [band.code for band in INSTRUMENTS[instrument].bands]

    before = score(instrument, answers)
    after = score(instrument, {**answers, raised: min(3, answers[raised] + 1)})

    assert before.total == sum(answers.values())
    assert before.band is not None
    assert after.band is not None
    assert bands.index(before.band) <= bands.index(after.band)


@given(
    answers=st.fixed_dictionaries(
        {item.name: st.integers(0, 1) for item in INSTRUMENTS["cssrs"].items}
    ),
    yes=st.sampled_from([item.name for item in INSTRUMENTS["cssrs"].items]),
)
def test_cssrs_is_never_summed_and_a_further_yes_never_lowers_the_level(
    answers: dict[str, int], yes: str
) -> None:
    levels = list(RiskLevel)

    before, after = score("cssrs", answers), score("cssrs", {**answers, yes: 1})

    assert (before.total, before.band) == (None, None)
    assert before.alert == (before.level is RiskLevel.HIGH)
    assert before.level is not None
    assert after.level is not None
    assert levels.index(before.level) <= levels.index(after.level)
