"""Rules that need no database."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.sessions.domain.amounts import Amounts, micrograms, milligrams
from services.sessions.domain.errors import (
    AmountsDoNotAddUpError,
    DoseAboveOrderError,
    NoActiveOrderError,
    VitalsNeededError,
    WitnessIsActorError,
)
from services.sessions.domain.order import Drug, Order, OrderStatus
from services.sessions.domain.precheck import Answers, HoldReason, assess
from services.sessions.domain.vitals import (
    alarms,
    current_values,
    demand_current,
    time_taken,
)
from shared.errors import InvalidError
from shared.rulepack import Decision, Route, VitalsPhase, load_pack
from tests.sessions.clinic_day import CALM
from tests.sessions.readings import NOW, a_reading

PACK = load_pack()
GOOD = Answers(
    fasting=True,
    pregnancy_excluded=True,
    medication_changed=False,
    sedative_taken=False,
)
AMOUNT = st.integers(min_value=0, max_value=100_000_000)


@given(given=AMOUNT, wasted=AMOUNT)
def test_given_and_wasted_always_add_up_to_their_sum(given: int, wasted: int) -> None:
    amounts = Amounts(given_ug=given, drawn_ug=given + wasted, wasted_ug=wasted)

    assert amounts.drawn_ug - amounts.wasted_ug == given


@given(given=AMOUNT, drawn=AMOUNT, wasted=AMOUNT)
def test_a_single_microgram_too_few_or_too_many_is_refused(
    given: int, drawn: int, wasted: int
) -> None:
    assume(drawn != given + wasted)

    with pytest.raises(AmountsDoNotAddUpError):
        Amounts(given_ug=given, drawn_ug=drawn, wasted_ug=wasted)


@given(amount_ug=AMOUNT)
def test_an_amount_survives_milligrams_as_json_numbers(amount_ug: int) -> None:
    on_the_wire = float(milligrams(amount_ug))

    assert micrograms(Decimal(repr(on_the_wire))) == amount_ug


def test_a_fraction_of_a_microgram_is_refused() -> None:
    with pytest.raises(InvalidError):
        micrograms(Decimal("0.0001"))


def test_an_amount_below_zero_is_refused() -> None:
    with pytest.raises(InvalidError):
        Amounts(given_ug=10, drawn_ug=5, wasted_ug=-5)


def test_waste_needs_a_witness_who_is_somebody_else() -> None:
    actor_id = uuid4()
    waste = Amounts(given_ug=1, drawn_ug=3, wasted_ug=2)

    waste.demand_witness(uuid4(), actor_id=actor_id)
    with pytest.raises(InvalidError) as missing:
        waste.demand_witness(None, actor_id=actor_id)
    with pytest.raises(WitnessIsActorError):
        waste.demand_witness(actor_id, actor_id=actor_id)

    assert missing.value.field == "witness_id"


def an_order(*, max_doses: int = 2, doses_given: int = 0) -> Order:
    return Order(
        id=uuid4(),
        clinic_id=uuid4(),
        patient_id=uuid4(),
        episode_id=uuid4(),
        drug=Drug.RACEMIC_KETAMINE,
        route=Route.IM,
        dose_ug=60_000,
        max_doses=max_doses,
        valid_until=NOW + timedelta(days=30),
        reason=None,
        placed_at=NOW,
        placed_by=uuid4(),
        doses_given=doses_given,
    )


def test_an_order_counts_its_doses_and_then_allows_no_more() -> None:
    order = an_order(max_doses=2)

    order.use(60_000, at=NOW)
    order.use(1, at=NOW)

    assert order.ended_as(at=NOW) is OrderStatus.USED_UP
    with pytest.raises(NoActiveOrderError):
        order.use(1, at=NOW)


def test_an_order_allows_what_was_ordered_and_not_a_microgram_more() -> None:
    order = an_order()

    with pytest.raises(DoseAboveOrderError):
        order.use(60_001, at=NOW)

    assert order.doses_given == 0


def test_an_order_ends_at_its_last_moment() -> None:
    order = an_order()

    assert order.is_active(at=order.valid_until - timedelta(microseconds=1))
    assert order.ended_as(at=order.valid_until) is OrderStatus.EXPIRED


@pytest.mark.parametrize(
    ("answers", "escort", "reason"),
    [
        ({"fasting": False}, True, HoldReason.FASTING),
        ({"pregnancy_excluded": False}, True, HoldReason.PREGNANCY),
        ({"medication_changed": True}, True, HoldReason.MEDICATION),
        ({"sedative_taken": True}, True, HoldReason.MEDICATION),
        ({}, False, HoldReason.ESCORT),
    ],
)
def test_one_answer_holds_a_dose(
    answers: dict[str, bool], escort: bool, reason: HoldReason
) -> None:
    said = Answers(**{**vars(GOOD), **answers})
    rating = PACK.rate_vitals(CALM, phase=VitalsPhase.BEFORE_DOSE)

    found = assess(said, rating, CALM, escort_confirmed=escort)

    assert (found.outcome, found.reasons) == (Decision.HOLD, (reason,))


def test_all_well_is_go() -> None:
    rating = PACK.rate_vitals(CALM, phase=VitalsPhase.BEFORE_DOSE)

    found = assess(GOOD, rating, CALM, escort_confirmed=True)

    assert (found.outcome, found.reasons) == (Decision.GO, ())


@pytest.mark.parametrize(
    ("systolic", "diastolic", "outcome"),
    [
        (140, 90, Decision.GO),
        (141, 90, Decision.HOLD),
        (140, 91, Decision.HOLD),
        (160, 100, Decision.HOLD),
        (161, 100, Decision.HOLD),
        (179, 109, Decision.HOLD),
        (180, 90, Decision.STOP),
        (140, 110, Decision.STOP),
    ],
)
def test_blood_pressure_decides_at_the_borders_of_the_pack(
    systolic: int, diastolic: int, outcome: Decision
) -> None:
    values = {**CALM, "systolic_mmhg": systolic, "diastolic_mmhg": diastolic}
    rating = PACK.rate_vitals(values, phase=VitalsPhase.BEFORE_DOSE)

    found = assess(GOOD, rating, values, escort_confirmed=True)

    assert found.outcome is outcome
    assert found.pressure_held is (outcome is Decision.HOLD)


def test_a_measure_that_was_not_taken_holds_but_is_no_high_pressure() -> None:
    values = {"heart_rate_bpm": 66.0}
    rating = PACK.rate_vitals(values, phase=VitalsPhase.BEFORE_DOSE)

    found = assess(GOOD, rating, values, escort_confirmed=True)

    assert found.outcome is Decision.HOLD
    assert not found.pressure_held


def test_the_gravest_alarm_comes_first_and_each_rule_once() -> None:
    values = {
        **CALM,
        "systolic_mmhg": 190,
        "diastolic_mmhg": 115,
        "spo2_percent": 89,
    }
    rating = PACK.rate_vitals(values, phase=VitalsPhase.DURING)

    codes = [alarm.rule_code for alarm in alarms(rating)]

    assert codes == ["spo2_emergency", "bp_red"]


def test_before_a_dose_only_a_stop_alarms() -> None:
    held = {**CALM, "systolic_mmhg": 170}
    stopped = {**CALM, "systolic_mmhg": 180}

    def codes(values: Mapping[str, float]) -> list[str | None]:
        rating = PACK.rate_vitals(values, phase=VitalsPhase.BEFORE_DOSE)
        return [alarm.rule_code for alarm in alarms(rating)]

    assert codes(held) == []
    assert codes(stopped) == ["bp_stop"]


def test_what_counts_is_the_latest_of_each_measure() -> None:
    readings = [
        a_reading(minutes_ago=20, systolic_mmhg=190, diastolic_mmhg=80),
        a_reading(minutes_ago=5, systolic_mmhg=130),
    ]

    values = current_values(readings, now=NOW)

    assert values == {"systolic_mmhg": 130, "diastolic_mmhg": 80}


def test_after_half_an_hour_a_reading_no_longer_counts() -> None:
    assert current_values([a_reading(minutes_ago=30, moaas=5)], now=NOW)
    with pytest.raises(VitalsNeededError):
        demand_current([a_reading(minutes_ago=30.01, moaas=5)], now=NOW)


def taken(said: datetime | None, reason: str | None = None) -> datetime:
    return time_taken(
        said,
        reason,
        now=NOW,
        not_before=NOW - timedelta(hours=1),
        late_after=timedelta(minutes=5),
    )


def test_a_reading_without_a_time_was_taken_now() -> None:
    assert taken(None) == NOW


def test_a_late_reading_needs_a_reason_and_keeps_its_time() -> None:
    five, six = NOW - timedelta(minutes=5), NOW - timedelta(minutes=6)

    assert taken(five) == five
    assert taken(six, "the network was down") == six
    with pytest.raises(InvalidError) as late:
        taken(six)
    assert late.value.field == "late_reason"


@pytest.mark.parametrize("minutes", [-61, 2])
def test_a_reading_from_before_the_record_or_from_the_future_is_refused(
    minutes: int,
) -> None:
    with pytest.raises(InvalidError) as error:
        taken(NOW + timedelta(minutes=minutes), "a reason")

    assert error.value.field == "taken_at"


def test_a_bedside_clock_that_is_a_little_fast_counts_as_now() -> None:
    assert taken(NOW + timedelta(seconds=40)) == NOW
