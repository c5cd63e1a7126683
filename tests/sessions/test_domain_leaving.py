"""Whether a patient may leave: rules that need no database."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from services.sessions.domain.discharge import (
    Checklist,
    Seen,
    criteria_of,
    unmet,
)
from services.sessions.domain.vitals import (
    Vitals,
    current_values,
)
from shared.rulepack import Route, load_pack
from tests.sessions.clinic_day import CALM, CHECKLIST
from tests.sessions.readings import NOW, a_reading

PACK = load_pack()
BASELINE = {"systolic_mmhg": 150, "diastolic_mmhg": 95}


def leaving(
    readings: list[Vitals] | None = None,
    *,
    measured: Mapping[str, Any] | None = None,
    stayed_minutes: float = 120,
    checklist: Mapping[str, Any] | None = None,
    baseline: Mapping[str, float] = BASELINE,
    route: Route = Route.ESKETAMINE_NASAL,
    on_hold: bool = False,
    waste_open: bool = False,
) -> tuple[str, ...]:
    """What speaks against leaving, with calm readings unless others are given."""
    calm = {**CALM, **(measured or {})}
    found = readings or [a_reading(minutes_ago=ago, **calm) for ago in (10, 0)]
    seen = Seen(
        route=route,
        readings=found,
        values=current_values(found, now=NOW),
        baseline=baseline,
        last_dose_at=NOW - timedelta(minutes=stayed_minutes),
        on_hold=on_hold,
        waste_open=waste_open,
        now=NOW,
    )
    said = Checklist(**{**CHECKLIST, **(checklist or {})})
    return unmet(criteria_of(said, seen, PACK.discharge))


def test_a_patient_who_is_well_may_leave() -> None:
    assert leaving() == ()


@pytest.mark.parametrize(
    ("measured", "code"),
    [
        ({"systolic_mmhg": 181}, "blood_pressure"),
        ({"diastolic_mmhg": 115}, "blood_pressure"),
        ({"spo2_percent": 93}, "spo2"),
        ({"respiratory_rate_bpm": 11}, "respiratory_rate"),
        ({"respiratory_rate_bpm": 21}, "respiratory_rate"),
        ({"moaas": 4}, "moaas"),
    ],
)
def test_one_measure_keeps_a_patient(measured: dict[str, float], code: str) -> None:
    assert leaving(measured=measured) == (code,)


@pytest.mark.parametrize(
    "measured",
    [
        {"systolic_mmhg": 180, "diastolic_mmhg": 114},
        {"systolic_mmhg": 140, "diastolic_mmhg": 90},
        {"spo2_percent": 94},
        {"respiratory_rate_bpm": 12},
        {"respiratory_rate_bpm": 20},
    ],
)
def test_values_at_the_borders_of_the_pack_let_a_patient_go(
    measured: dict[str, float],
) -> None:
    assert leaving(measured=measured) == ()


@pytest.mark.parametrize(
    "missing",
    [
        "systolic_mmhg",
        "diastolic_mmhg",
        "spo2_percent",
        "respiratory_rate_bpm",
        "moaas",
    ],
)
def test_a_measure_nobody_took_lately_keeps_a_patient(missing: str) -> None:
    values = {name: value for name, value in CALM.items() if name != missing}
    readings = [a_reading(minutes_ago=minutes, **values) for minutes in (10, 0)]

    assert len(leaving(readings)) == 1


ANSWERED = [name for name, said in CHECKLIST.items() if said is True]
ANSWERED.remove("escort_present")


@pytest.mark.parametrize("answer", ANSWERED)
@pytest.mark.parametrize("said", [False, None])
def test_one_answer_keeps_a_patient(answer: str, said: bool | None) -> None:
    assert leaving(checklist={answer: said}, route=Route.IV) == (answer,)


def test_a_line_is_removed_where_there_was_one() -> None:
    assert leaving(checklist={"line_removed": None}, route=Route.IM) == ()


@pytest.mark.parametrize(
    ("parts", "may_leave"),
    [
        ({}, True),
        ({"activity": 1}, False),
        ({"oxygen": 2, "activity": 1}, True),
        (None, False),
    ],
)
def test_the_aldrete_score_is_added_up_of_its_parts(
    parts: dict[str, int] | None, may_leave: bool
) -> None:
    score = None if parts is None else {**CHECKLIST["aldrete"], **parts}

    assert ("aldrete" not in leaving(checklist={"aldrete": score})) is may_leave


def test_a_score_that_lacks_a_part_is_none() -> None:
    assert leaving(checklist={"aldrete": {"activity": 2}}) == ("aldrete",)


def test_who_is_flagged_as_in_danger_does_not_leave_on_an_impression() -> None:
    assert leaving(on_hold=True) == ("mood_safe",)


def test_what_was_drawn_is_accounted_for() -> None:
    assert leaving(waste_open=True) == ("waste_reconciled",)


@pytest.mark.parametrize(
    ("systolic", "may_leave"), [((120, 130), True), ((120, 131), False)]
)
def test_a_pressure_that_rises_has_not_settled(
    systolic: tuple[float, float], may_leave: bool
) -> None:
    readings = [
        a_reading(minutes_ago=ago, **{**CALM, "systolic_mmhg": pressure})
        for ago, pressure in zip((10, 0), systolic, strict=True)
    ]

    left = leaving(readings, baseline={})

    assert ("blood_pressure" not in left) is may_leave


def test_near_its_baseline_a_pressure_may_rise() -> None:
    readings = [
        a_reading(minutes_ago=ago, **{**CALM, "systolic_mmhg": pressure})
        for ago, pressure in ((10, 120), (0, 135))
    ]

    assert leaving(readings, baseline={**CALM}) == ()


def test_the_least_stay_ends_to_the_minute() -> None:
    assert leaving(stayed_minutes=120) == ()
    assert leaving(stayed_minutes=119.9) == ("minimum_stay",)


@pytest.mark.parametrize(
    ("checks", "may_leave"),
    [
        ([(10, 5), (0, 5)], True),
        ([(9.9, 5), (0, 5)], False),
        ([(0, 5)], False),
        ([(20, 5), (10, 4), (0, 5)], False),
        ([(20, 5), (12, 4), (11, 5), (0, 5)], True),
        ([(10, 5), (5, 5), (0, 5)], True),
        ([(20, 5), (10, 5), (0, 4)], False),
    ],
)
def test_awake_is_two_checks_in_a_row_ten_minutes_apart(
    checks: list[tuple[float, int]], may_leave: bool
) -> None:
    readings = [
        a_reading(minutes_ago=ago, **{**CALM, "moaas": moaas}) for ago, moaas in checks
    ]

    assert ("moaas" not in leaving(readings)) is may_leave


def test_a_check_of_other_measures_is_no_check_of_wakefulness() -> None:
    readings = [
        a_reading(minutes_ago=10, **CALM),
        a_reading(minutes_ago=5, heart_rate_bpm=66),
        a_reading(minutes_ago=0, **CALM),
    ]

    assert leaving(readings) == ()


@pytest.mark.parametrize("known", ["systolic_mmhg", "diastolic_mmhg"])
def test_without_a_baseline_only_low_enough_is_settled(known: str) -> None:
    baseline = {known: BASELINE[known]}

    assert leaving(measured={"systolic_mmhg": 145}) == ()
    assert leaving(measured={"systolic_mmhg": 145}, baseline=baseline) == (
        "blood_pressure",
    )
    assert leaving(measured={"systolic_mmhg": 140}, baseline=baseline) == ()
