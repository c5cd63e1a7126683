"""Readings that undo what was decided without them."""

import pytest

from tests.sessions.clinic_day import (
    NAME,
    Day,
    authorised,
    checked,
    dose_body,
    refused,
)


@pytest.mark.parametrize("way", ["prechecked", "authorised"])
@pytest.mark.parametrize(
    ("systolic", "outcome"), [(150, "hold"), (170, "hold"), (180, "stop")]
)
def test_a_grave_reading_undoes_what_was_decided_without_it(
    day: Day, way: str, systolic: int, outcome: str
) -> None:
    patient = checked(day) if way == "prechecked" else authorised(day)

    patient.vitals(systolic_mmhg=systolic)

    chart = patient.chart
    assert (chart["status"], chart["outcome"]) == ("held", outcome)
    assert day.told("dose.held")[-1].reason_code == "vital_signs"


def test_a_calm_reading_leaves_an_authorisation_alone(day: Day) -> None:
    patient = authorised(day)

    patient.vitals()

    assert patient.chart["status"] == "authorised"


def test_a_reading_as_grave_as_what_was_overridden_leaves_it_alone(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals(systolic_mmhg=150)
    patient.precheck()
    patient.authorise(override_reason="known white coat")

    patient.vitals(systolic_mmhg=151)

    assert patient.chart["status"] == "authorised"


def test_an_override_of_a_meal_is_no_override_of_blood_pressure(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals()
    patient.precheck(fasting=False)
    patient.authorise(override_reason="a biscuit")

    patient.vitals(systolic_mmhg=150)

    chart = patient.chart
    assert (chart["status"], chart["hold_reasons"]) == (
        "held",
        ["vital_signs", "fasting"],
    )


def test_a_single_measure_does_not_undo_a_decision_by_what_it_lacks(day: Day) -> None:
    patient = authorised(day)

    day.monitor.post(NAME, f"{patient.path}/vitals", heart_rate_bpm=70)

    assert patient.chart["status"] == "authorised"


def test_a_graver_reading_makes_a_hold_a_stop(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals(systolic_mmhg=150)
    patient.precheck()

    patient.vitals(systolic_mmhg=185)

    chart = patient.chart
    assert (chart["outcome"], chart["hold_reasons"]) == ("stop", ["vital_signs"])
    assert len(day.told("dose.held")) == 2


def test_an_authorisation_rests_on_the_order_it_was_given_for(day: Day) -> None:
    patient = authorised(day)
    day.prescriber.post(NAME, f"/orders/{patient.order_id}/cancel")
    patient.order()

    assert refused(patient, "doses", **dose_body()) == (409, "no_active_order")

    patient.precheck()
    patient.authorise()
    assert patient.give()["order_id"] == patient.order_id
