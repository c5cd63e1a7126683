"""Doses by the base pack: every route at its borders, and what is refused."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.datafile import Number
from shared.errors import InvalidError
from shared.rulepack import (
    DoseFinding,
    DoseSeverity,
    DoseUnit,
    Route,
    load_pack,
)

BASE = load_pack()

TOO_MUCH = DoseFinding(code="hard_limit", severity=DoseSeverity.HARD)
UNUSUAL = DoseFinding(code="soft_limit", severity=DoseSeverity.SOFT)
NO_SUCH_DOSE = DoseFinding(code="not_a_fixed_dose", severity=DoseSeverity.HARD)
NO_WEIGHT = DoseFinding(code="weight_missing", severity=DoseSeverity.HARD)
CHANGED = DoseFinding(code="dose_changed", severity=DoseSeverity.REASON)


def check(
    route: Route,
    dose_mg: Number,
    *,
    weight_kg: Number | None = 80,
    previous_dose_mg: Number | None = None,
) -> tuple[DoseFinding, ...]:
    return BASE.check_dose(
        route=route,
        dose_mg=dose_mg,
        weight_kg=weight_kg,
        previous_dose_mg=previous_dose_mg,
    )


@pytest.mark.parametrize(
    ("route", "dose_mg", "findings"),
    [
        (Route.IV, 7.9, (UNUSUAL,)),
        (Route.IV, 8, ()),
        (Route.IV, 40, ()),
        (Route.IV, 80, ()),
        (Route.IV, 80.1, (UNUSUAL,)),
        (Route.IV, 120, (UNUSUAL,)),
        (Route.IV, 120.1, (TOO_MUCH,)),
        (Route.IM, 19.9, (UNUSUAL,)),
        (Route.IM, 20, ()),
        (Route.IM, 120, ()),
        (Route.IM, 120.1, (UNUSUAL,)),
        (Route.IM, 160, (UNUSUAL,)),
        (Route.IM, 160.1, (TOO_MUCH,)),
        (Route.SL, 99, (UNUSUAL,)),
        (Route.SL, 100, ()),
        (Route.SL, 400, ()),
        (Route.SL, 401, (UNUSUAL,)),
        (Route.SL, 600, (UNUSUAL,)),
        (Route.SL, 601, (TOO_MUCH,)),
        (Route.ESKETAMINE_NASAL, 28, ()),
        (Route.ESKETAMINE_NASAL, 56, ()),
        (Route.ESKETAMINE_NASAL, 84, ()),
        (Route.ESKETAMINE_NASAL, 27.9, (NO_SUCH_DOSE,)),
        (Route.ESKETAMINE_NASAL, 60, (NO_SUCH_DOSE,)),
        (Route.ESKETAMINE_NASAL, 112, (NO_SUCH_DOSE,)),
    ],
)
def test_a_dose_for_80_kg_is_checked_at_each_border(
    route: Route, dose_mg: float, findings: tuple[DoseFinding, ...]
) -> None:
    assert check(route, dose_mg) == findings


@pytest.mark.parametrize("route", [Route.IV, Route.IM])
def test_a_dose_by_weight_is_refused_without_a_weight(route: Route) -> None:
    assert BASE.dose.routes[route].by_weight
    assert check(route, 40, weight_kg=None) == (NO_WEIGHT,)


@pytest.mark.parametrize("route", [Route.SL, Route.ESKETAMINE_NASAL])
def test_a_dose_not_by_weight_needs_none(route: Route) -> None:
    assert BASE.dose.routes[route].unit is DoseUnit.MG
    assert check(route, 56, weight_kg=None) == check(route, 56)
    assert NO_WEIGHT not in check(route, 56, weight_kg=None)


@pytest.mark.parametrize(
    ("weight_kg", "at_the_limit_mg"), [(70.2, 105.3), (61.7, 92.55), (88.2, 132.3)]
)
def test_a_dose_exactly_at_the_hard_limit_is_not_over_it(
    weight_kg: float, at_the_limit_mg: float
) -> None:
    assert check(Route.IV, at_the_limit_mg, weight_kg=weight_kg) == (UNUSUAL,)
    over = check(Route.IV, at_the_limit_mg + 0.01, weight_kg=weight_kg)
    assert over == (TOO_MUCH,)


def test_decimals_are_checked_like_floats() -> None:
    dose, weight = Decimal("105.3"), Decimal("70.2")

    assert check(Route.IV, dose, weight_kg=weight) == (UNUSUAL,)
    assert check(Route.ESKETAMINE_NASAL, Decimal("56.00")) == ()


@pytest.mark.parametrize(
    ("previous_mg", "dose_mg", "findings"),
    [
        (40, 50, ()),
        (40, 50.1, (CHANGED,)),
        (40, 30, ()),
        (40, 29.9, (CHANGED,)),
        (35.2, 44.0, ()),
        (40, 40, ()),
        (40, 130, (TOO_MUCH, CHANGED)),
    ],
)
def test_a_dose_changed_by_more_than_a_quarter_needs_a_reason(
    previous_mg: float, dose_mg: float, findings: tuple[DoseFinding, ...]
) -> None:
    assert check(Route.IV, dose_mg, previous_dose_mg=previous_mg) == findings


def test_the_step_from_two_spray_devices_to_three_needs_a_reason() -> None:
    findings = check(Route.ESKETAMINE_NASAL, 84, previous_dose_mg=56)

    assert findings == (CHANGED,)


@pytest.mark.parametrize("field", ["dose_mg", "weight_kg", "previous_dose_mg"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), True, "40"])
def test_a_number_that_cannot_be_is_refused_and_named(field: str, value: Any) -> None:
    numbers: dict[str, Any] = {"dose_mg": 40, "weight_kg": 80, field: value}

    with pytest.raises(InvalidError) as refusal:
        BASE.check_dose(route=Route.IV, **numbers)

    assert refusal.value.field == field


@pytest.mark.parametrize("weight_kg", [7, 24.9, 350.1, 800])
def test_an_impossible_weight_is_refused_as_it_would_hide_a_wrong_dose(
    weight_kg: float,
) -> None:
    with pytest.raises(InvalidError) as refusal:
        check(Route.IV, 100, weight_kg=weight_kg)

    assert refusal.value.field == "weight_kg"


def test_a_route_the_pack_leaves_out_is_refused() -> None:
    routes = {Route.IV: BASE.dose.routes[Route.IV]}
    pack = replace(BASE, dose=replace(BASE.dose, routes=routes))

    with pytest.raises(InvalidError) as refusal:
        pack.check_dose(route=Route.IM, dose_mg=40, weight_kg=80)

    assert refusal.value.field == "route"


def test_doses_are_two_days_apart() -> None:
    assert BASE.dose.minimum_spacing == timedelta(hours=48)


@given(
    route=st.sampled_from([Route.IV, Route.IM, Route.SL]),
    weight_kg=st.floats(25, 350),
    dose_mg=st.floats(0.5, 900),
    more_mg=st.floats(0.1, 400),
)
def test_nothing_is_safe_above_a_dose_that_is_refused(
    route: Route, weight_kg: float, dose_mg: float, more_mg: float
) -> None:
    refused = TOO_MUCH in check(route, dose_mg, weight_kg=weight_kg)
    more = check(route, dose_mg + more_mg, weight_kg=weight_kg)

    assert not refused or TOO_MUCH in more


@given(weight_kg=st.floats(25, 350), dose_mg=st.floats(0.5, 900))
def test_no_intravenous_dose_over_the_ceiling_passes(
    weight_kg: float, dose_mg: float
) -> None:
    ceiling = BASE.dose.routes[Route.IV].hard
    assert ceiling is not None
    assert ceiling.above is not None

    findings = check(Route.IV, dose_mg, weight_kg=weight_kg)

    assert (TOO_MUCH in findings) == (round(dose_mg / weight_kg, 6) > ceiling.above)
