"""Questionnaires: totals, bands, triage, alerts, and what is refused."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.instruments import (
    INSTRUMENTS,
    Instrument,
    Item,
    RiskLevel,
    Score,
    Trend,
    trends,
)
from shared.instruments import score as score_of
from shared.instruments.definition import Cluster, Cut, Pattern

SUMMED = {"phq9": 9, "gad7": 7}

CALM = {"q1": 0, "q2": 0, "q6_lifetime": 0}


def score(instrument: str, answers: Mapping[str, int]) -> Score:
    """What answers to a questionnaire of the product come to."""
    return score_of(INSTRUMENTS[instrument], answers)


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
        "pcl5": [None] * 20,
        "cssrs": [
            "93246-7",
            "93247-5",
            "93248-3",
            "93249-1",
            "93250-9",
            "93267-3",
            "93269-9",
        ],
        "audit_c": ["68518-0", "68519-8", "68520-6"],
        "dast10": [None] * 10,
    }


def test_each_questionnaire_and_its_result_have_their_codes() -> None:
    codes = {i.code: (i.loinc, i.result_loinc) for i in INSTRUMENTS.values()}

    assert codes == {
        "phq9": ("44249-1", "44261-6"),
        "gad7": ("69737-5", "70274-6"),
        "pcl5": (None, None),
        "cssrs": ("93373-9", "93374-7"),
        "audit_c": ("72109-2", "75626-2"),
        "dast10": (None, "82667-7"),
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

    assert [code for code in codes if code and not has_valid_check_digit(code)] == []


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


def pcl5(**different: int) -> dict[str, int]:
    """Answers to PCL-5: none of it, but for what is named."""
    return dict.fromkeys((f"q{n}" for n in range(1, 21)), 0) | different


@pytest.mark.parametrize(
    ("total", "findings"),
    [(32, ()), (33, ("probable_ptsd",)), (40, ("probable_ptsd",))],
)
def test_pcl5_has_a_cut_and_no_bands(total: int, findings: tuple[str, ...]) -> None:
    names = [f"q{n}" for n in range(8, 21)]
    answers = pcl5(**dict.fromkeys(names[: total // 4], 4))
    answers["q6"] = total % 4

    result = score("pcl5", answers)

    assert (result.total, result.band, result.findings) == (total, None, findings)


WHOLE_PATTERN = {"q1": 2, "q6": 2, "q8": 2, "q9": 2, "q15": 2, "q16": 2}


def test_pcl5_finds_the_pattern_of_all_four_clusters_below_the_cut() -> None:
    assert score("pcl5", pcl5(**WHOLE_PATTERN)).findings == ("symptom_pattern",)


@pytest.mark.parametrize("name", WHOLE_PATTERN)
def test_pcl5_finds_no_pattern_if_one_cluster_falls_short(name: str) -> None:
    assert score("pcl5", pcl5(**WHOLE_PATTERN) | {name: 1}).findings == ()


@pytest.mark.parametrize(
    ("answers", "findings"),
    [
        ({"q1": 1, "q2": 1, "q3": 0}, ()),
        ({"q1": 1, "q2": 1, "q3": 1}, ("hazardous_drinking",)),
        ({"q1": 3, "q2": 0, "q3": 0}, ("review",)),
        ({"q1": 4, "q2": 0, "q3": 0}, ("review",)),
        ({"q1": 4, "q2": 4, "q3": 4}, ("hazardous_drinking",)),
    ],
)
def test_audit_c_looks_at_frequency_alone_without_flagging_it(
    answers: Mapping[str, int], findings: tuple[str, ...]
) -> None:
    assert score("audit_c", answers).findings == findings


@pytest.mark.parametrize(
    ("yes", "band", "findings"),
    [
        (0, "none", ()),
        (2, "low", ()),
        (3, "moderate", ("review",)),
        (5, "moderate", ("review",)),
        (6, "substantial", ("review",)),
        (8, "substantial", ("review",)),
        (9, "severe", ("review",)),
    ],
)
def test_dast10_counts_what_speaks_of_drugs(
    yes: int, band: str, findings: tuple[str, ...]
) -> None:
    asked = [f"q{n}" for n in range(1, 11) if n != 3]
    answers = {name: int(place < yes) for place, name in enumerate(asked)} | {"q3": 1}

    result = score("dast10", answers)

    assert (result.total, result.band, result.findings) == (yes, band, findings)


def test_dast10_reverses_who_can_stop() -> None:
    answers = dict.fromkeys((f"q{n}" for n in range(1, 11)), 0)

    assert score("dast10", answers).total == 1


@pytest.mark.parametrize(
    ("instrument", "totals", "found"),
    [
        ("phq9", [18], ()),
        ("phq9", [18, 17], ()),
        ("phq9", [18, 14], ()),
        ("phq9", [18, 13], (Trend.IMPROVED,)),
        ("phq9", [18, 9], (Trend.RESPONSE, Trend.IMPROVED)),
        ("phq9", [18, 9, 4], (Trend.RESPONSE, Trend.REMISSION, Trend.IMPROVED)),
        ("phq9", [18, 5, 4], (Trend.RESPONSE, Trend.REMISSION)),
        ("phq9", [4, 4], ()),
        ("phq9", [10, 14], ()),
        ("phq9", [10, 15], (Trend.DETERIORATED,)),
        ("phq9", [19, 20], (Trend.DETERIORATED,)),
        ("phq9", [20, 21], ()),
        ("phq9", [0, 0], ()),
        ("gad7", [8, 12], (Trend.DETERIORATED,)),
        ("pcl5", [50, 41], ()),
        ("pcl5", [50, 40], (Trend.IMPROVED,)),
        ("audit_c", [0, 12], ()),
    ],
)
def test_a_change_of_totals_means_what_is_published(
    instrument: str, totals: list[int], found: tuple[Trend, ...]
) -> None:
    assert trends(INSTRUMENTS[instrument], totals) == found


def test_an_item_that_need_not_be_answered_counts_nothing() -> None:
    asked = Instrument(
        code="drinks",
        version="1",
        title="Drinks",
        source="an example",
        items=(
            Item(name="q1", label="Drinks", highest=1),
            Item(name="q2", label="How much", highest=4, asked_if="q1"),
        ),
        cuts=(Cut(code="some", at_least=0, not_from="q2"),),
        pattern=Pattern(
            code="much",
            clusters=(Cluster(code="a", items=("q2",), counted_from=2, needed=1),),
        ),
    )

    assert score_of(asked, {"q1": 0}).findings == ("some",)
    assert score_of(asked, {"q1": 1, "q2": 2}).findings == ("some", "much")
