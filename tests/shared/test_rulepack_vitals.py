"""Vital signs by the base pack: every limit at its border, before a dose and after."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.rulepack import (
    Decision,
    Limit,
    Measure,
    Rating,
    Status,
    VitalsPhase,
    load_pack,
)
from shared.rulepack.vitals import Reading

BASE = load_pack()
CALM: dict[str, float] = {
    "systolic_mmhg": 120,
    "diastolic_mmhg": 75,
    "spo2_percent": 98,
    "heart_rate_bpm": 70,
    "respiratory_rate_bpm": 15,
    "moaas": 5,
    "distress": 0,
}
GO, HOLD, STOP = Decision.GO, Decision.HOLD, Decision.STOP
OK, AMBER, RED = Status.OK, Status.AMBER, Status.RED


def before_dose(**changes: float | None) -> Rating:
    return BASE.rate_vitals({**CALM, **changes}, phase=VitalsPhase.BEFORE_DOSE)


def during(baseline: Reading | None = None, **reading: Any) -> Rating:
    return BASE.rate_vitals(reading, phase=VitalsPhase.DURING, baseline=baseline)


def test_calm_vital_signs_are_a_go_before_a_dose() -> None:
    rating = before_dose()

    assert (rating.status, rating.decision, rating.rule_codes) == (OK, GO, ())
    assert {rated.measure for rated in rating.measures} == set(Measure)


@pytest.mark.parametrize(
    ("measure", "value", "status", "decision", "code"),
    [
        ("systolic_mmhg", 140, OK, GO, None),
        ("systolic_mmhg", 140.5, AMBER, HOLD, "bp_hold"),
        ("systolic_mmhg", 141, AMBER, HOLD, "bp_hold"),
        ("systolic_mmhg", 160, AMBER, HOLD, "bp_hold"),
        ("systolic_mmhg", 161, RED, HOLD, "bp_hard_hold"),
        ("systolic_mmhg", 179, RED, HOLD, "bp_hard_hold"),
        ("systolic_mmhg", 180, RED, STOP, "bp_stop"),
        ("diastolic_mmhg", 90, OK, GO, None),
        ("diastolic_mmhg", 91, AMBER, HOLD, "bp_hold"),
        ("diastolic_mmhg", 100, AMBER, HOLD, "bp_hold"),
        ("diastolic_mmhg", 101, RED, HOLD, "bp_hard_hold"),
        ("diastolic_mmhg", 109, RED, HOLD, "bp_hard_hold"),
        ("diastolic_mmhg", 110, RED, STOP, "bp_stop"),
        ("spo2_percent", 95, OK, GO, None),
        ("spo2_percent", 94, AMBER, HOLD, "spo2_hold"),
        ("spo2_percent", 92, AMBER, HOLD, "spo2_hold"),
        ("spo2_percent", 91, RED, STOP, "spo2_stop"),
        ("heart_rate_bpm", 44, RED, STOP, "heart_rate_stop"),
        ("heart_rate_bpm", 45, AMBER, HOLD, "heart_rate_hold"),
        ("heart_rate_bpm", 49, AMBER, HOLD, "heart_rate_hold"),
        ("heart_rate_bpm", 50, OK, GO, None),
        ("heart_rate_bpm", 100, OK, GO, None),
        ("heart_rate_bpm", 101, AMBER, HOLD, "heart_rate_hold"),
        ("heart_rate_bpm", 130, AMBER, HOLD, "heart_rate_hold"),
        ("heart_rate_bpm", 131, RED, STOP, "heart_rate_stop"),
        ("respiratory_rate_bpm", 7, RED, STOP, "respiratory_rate_stop"),
        ("respiratory_rate_bpm", 8, AMBER, HOLD, "respiratory_rate_hold"),
        ("respiratory_rate_bpm", 11, AMBER, HOLD, "respiratory_rate_hold"),
        ("respiratory_rate_bpm", 12, OK, GO, None),
        ("respiratory_rate_bpm", 20, OK, GO, None),
        ("respiratory_rate_bpm", 21, AMBER, HOLD, "respiratory_rate_hold"),
        ("respiratory_rate_bpm", 30, AMBER, HOLD, "respiratory_rate_hold"),
        ("respiratory_rate_bpm", 31, RED, STOP, "respiratory_rate_stop"),
        ("moaas", 4, OK, GO, None),
        ("moaas", 3, AMBER, HOLD, "sedation_hold"),
        ("moaas", 2, RED, STOP, "sedation_stop"),
        ("moaas", 0, RED, STOP, "sedation_stop"),
        ("distress", 6, OK, GO, None),
        ("distress", 7, AMBER, HOLD, "distress_hold"),
        ("distress", 9, RED, STOP, "distress_stop"),
    ],
)
def test_a_value_before_a_dose_is_rated_at_each_border(
    measure: str, value: float, status: Status, decision: Decision, code: str | None
) -> None:
    rating = before_dose(**{measure: value})

    assert (rating.status, rating.decision) == (status, decision)
    assert rating.rule_codes == ((code,) if code else ())
    assert not rating.emergency


@pytest.mark.parametrize(
    ("measure", "value", "status", "code"),
    [
        ("systolic_mmhg", 159, OK, None),
        ("systolic_mmhg", 160, AMBER, "bp_amber"),
        ("systolic_mmhg", 179, AMBER, "bp_amber"),
        ("systolic_mmhg", 180, RED, "bp_red"),
        ("diastolic_mmhg", 99, OK, None),
        ("diastolic_mmhg", 100, AMBER, "bp_amber"),
        ("diastolic_mmhg", 109, AMBER, "bp_amber"),
        ("diastolic_mmhg", 110, RED, "bp_red"),
        ("spo2_percent", 94, OK, None),
        ("spo2_percent", 93, AMBER, "spo2_amber"),
        ("spo2_percent", 92, AMBER, "spo2_amber"),
        ("spo2_percent", 91, RED, "spo2_red"),
        ("spo2_percent", 90, RED, "spo2_red"),
        ("spo2_percent", 89, RED, "spo2_emergency"),
        ("heart_rate_bpm", 44, RED, "heart_rate_red"),
        ("heart_rate_bpm", 45, AMBER, "heart_rate_amber"),
        ("heart_rate_bpm", 49, AMBER, "heart_rate_amber"),
        ("heart_rate_bpm", 50, OK, None),
        ("heart_rate_bpm", 110, OK, None),
        ("heart_rate_bpm", 111, AMBER, "heart_rate_amber"),
        ("heart_rate_bpm", 130, AMBER, "heart_rate_amber"),
        ("heart_rate_bpm", 131, RED, "heart_rate_red"),
        ("respiratory_rate_bpm", 7, RED, "respiratory_rate_red"),
        ("respiratory_rate_bpm", 8, AMBER, "respiratory_rate_amber"),
        ("respiratory_rate_bpm", 9, AMBER, "respiratory_rate_amber"),
        ("respiratory_rate_bpm", 10, OK, None),
        ("respiratory_rate_bpm", 24, OK, None),
        ("respiratory_rate_bpm", 25, AMBER, "respiratory_rate_amber"),
        ("respiratory_rate_bpm", 30, AMBER, "respiratory_rate_amber"),
        ("respiratory_rate_bpm", 31, RED, "respiratory_rate_red"),
        ("moaas", 4, OK, None),
        ("moaas", 3, AMBER, "sedation_amber"),
        ("moaas", 2, RED, "sedation_red"),
        ("moaas", 1, RED, "sedation_emergency"),
        ("moaas", 0, RED, "sedation_emergency"),
    ],
)
def test_a_value_after_a_dose_is_rated_at_each_border(
    measure: str, value: float, status: Status, code: str | None
) -> None:
    rating = during(None, **{measure: value})

    assert rating.status is status
    assert rating.rule_codes == ((code,) if code else ())
    assert rating.emergency == (code is not None and code.endswith("emergency"))
    assert rating.decision is None


@pytest.mark.parametrize(
    ("baseline", "value", "code"),
    [
        (110, 139, ()),
        (110, 140, ("bp_rise",)),
        (125, 155, ("bp_rise",)),
        (140, 170, ("bp_amber",)),
        (150, 180, ("bp_red",)),
        (150, 110, ()),
    ],
)
def test_a_rise_over_baseline_is_amber_and_worse_limits_outweigh_it(
    baseline: float, value: float, code: tuple[str, ...]
) -> None:
    rating = during({"systolic_mmhg": baseline}, systolic_mmhg=value)

    assert rating.rule_codes == code
    assert (rating.status is OK) == (code == ())


def test_only_the_systolic_pressure_is_compared_with_its_baseline() -> None:
    low = {"diastolic_mmhg": 50, "heart_rate_bpm": 55, "respiratory_rate_bpm": 10}

    rating = during(low, diastolic_mmhg=95, heart_rate_bpm=100, respiratory_rate_bpm=24)

    assert rating.status is OK


@pytest.mark.parametrize("baseline", [None, {}, {"systolic_mmhg": None}])
def test_without_a_baseline_no_rise_is_seen(baseline: Any) -> None:
    assert during(baseline, systolic_mmhg=159).status is OK


@pytest.mark.parametrize(
    ("measure", "code"),
    [
        ("systolic_mmhg", "bp_missing"),
        ("diastolic_mmhg", "bp_missing"),
        ("spo2_percent", "spo2_missing"),
        ("heart_rate_bpm", "heart_rate_missing"),
        ("respiratory_rate_bpm", "respiratory_rate_missing"),
        ("moaas", "sedation_missing"),
    ],
)
def test_a_measure_that_was_not_taken_holds_the_dose(measure: str, code: str) -> None:
    rating = before_dose(**{measure: None})

    assert (rating.decision, rating.status) == (HOLD, AMBER)
    assert rating.rule_codes == (code,)


def test_a_pack_may_do_without_a_measure_before_a_dose() -> None:
    required = tuple(set(Measure) - {Measure.RESPIRATORY_RATE})
    pack = replace(BASE, vitals=replace(BASE.vitals, required_before_dose=required))
    reading = {**CALM, "respiratory_rate_bpm": None}

    rating = pack.rate_vitals(reading, phase=VitalsPhase.BEFORE_DOSE)

    assert rating.decision is GO


def test_after_a_dose_any_one_measure_may_be_taken_alone() -> None:
    rating = during(spo2_percent=98, systolic_mmhg=None)

    assert [rated.measure for rated in rating.measures] == [Measure.SPO2]


def test_the_worst_measure_decides_and_all_that_was_crossed_is_named() -> None:
    rating = before_dose(systolic_mmhg=150, diastolic_mmhg=95, spo2_percent=91)

    assert (rating.status, rating.decision) == (RED, STOP)
    assert rating.rule_codes == ("bp_hold", "spo2_stop")


@pytest.mark.parametrize("phase", VitalsPhase)
@pytest.mark.parametrize("reading", [{}, {"spo2_percent": None}])
def test_a_reading_of_nothing_is_refused(phase: VitalsPhase, reading: Any) -> None:
    with pytest.raises(InvalidError):
        BASE.rate_vitals(reading, phase=phase)


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("systolic_mmhg", float("nan")),
        ("spo2_percent", Decimal("NaN")),
        ("spo2_percent", float("inf")),
        ("moaas", True),
        ("moaas", "5"),
        ("temperature_c", 37),
    ],
)
def test_what_cannot_be_rated_is_refused_and_named(measure: str, value: Any) -> None:
    for phase in VitalsPhase:
        with pytest.raises(InvalidError) as refusal:
            BASE.rate_vitals({**CALM, measure: value}, phase=phase)

        assert refusal.value.field == measure


def test_an_impossible_value_that_was_confirmed_is_rated_like_any_other() -> None:
    assert not BASE.plausible("heart_rate_bpm", 0)
    assert during(heart_rate_bpm=0).status is RED


def test_each_measure_says_its_unit() -> None:
    units = {measure: limits.unit for measure, limits in BASE.vitals.measures.items()}

    assert units == {
        Measure.SYSTOLIC: "mmHg",
        Measure.DIASTOLIC: "mmHg",
        Measure.SPO2: "%",
        Measure.HEART_RATE: "beats/min",
        Measure.RESPIRATORY_RATE: "breaths/min",
        Measure.MOAAS: "score",
        Measure.DISTRESS: "score",
    }
    for measure in Measure:
        assert BASE.plausible_values[measure].unit == units[measure]


def test_a_limit_says_by_its_name_whether_its_own_value_counts() -> None:
    exclusive, inclusive = Limit(below=2, above=4), Limit(at_most=2, at_least=4)

    assert [exclusive.crossed_by(n) for n in (1, 2, 3, 4, 5)] == [
        True,
        False,
        False,
        False,
        True,
    ]
    assert [inclusive.crossed_by(n) for n in (1, 2, 3, 4, 5)] == [
        True,
        True,
        False,
        True,
        True,
    ]


BETTER_HIGH = [Measure.SPO2, Measure.MOAAS]
BETTER_LOW = [Measure.SYSTOLIC, Measure.DIASTOLIC]


@given(
    measure=st.sampled_from(BETTER_HIGH + BETTER_LOW),
    one=st.floats(0, 300),
    other=st.floats(0, 300),
    phase=st.sampled_from(VitalsPhase),
)
def test_a_worse_value_never_gets_a_milder_rating(
    measure: Measure, one: float, other: float, phase: VitalsPhase
) -> None:
    milder, worse = sorted((one, other), reverse=measure in BETTER_HIGH)

    before = BASE.rate_vitals({**CALM, measure: milder}, phase=phase)
    after = BASE.rate_vitals({**CALM, measure: worse}, phase=phase)

    assert list(Status).index(before.status) <= list(Status).index(after.status)
    assert before.emergency <= after.emergency
    if before.decision and after.decision:
        decisions = list(Decision)
        assert decisions.index(before.decision) <= decisions.index(after.decision)


@given(
    reading=st.dictionaries(st.sampled_from(Measure), st.integers(0, 300), min_size=1)
)
def test_a_go_means_every_required_measure_was_taken_and_none_crossed_a_limit(
    reading: dict[str, int],
) -> None:
    rating = BASE.rate_vitals(reading, phase=VitalsPhase.BEFORE_DOSE)

    complete = reading.keys() == set(Measure)
    fine = all(rated.rule_code is None for rated in rating.measures)
    assert (rating.decision is GO) == (complete and fine)
    assert (rating.status is OK) == (complete and fine)
