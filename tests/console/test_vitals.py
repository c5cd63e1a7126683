"""Vital signs as the chart and the wall show them."""

from typing import Any

from services.console.pages.plotting import chart
from services.console.pages.vitals import entry_fields, in_order, last_values

LIMITS = {
    "systolic_mmhg": {
        "amber": {"at_least": 160},
        "rise": {"at_least": 30},
        "red": {"at_least": 180},
    },
    "diastolic_mmhg": {"red": {"at_least": 110}},
    "spo2_percent": {"red": {"below": 92}, "emergency": {"below": 90}},
}


def reading(minute: int, status: str = "ok", **values: float) -> dict[str, Any]:
    """What sessions says of one reading."""
    taken = {"systolic_mmhg": None, "heart_rate_bpm": None, "spo2_percent": None}
    return {
        **taken,
        **values,
        "taken_at": f"2026-03-02T15:{minute:02}:00+00:00",
        "ratings": [{"measure": name, "status": status} for name in values],
    }


def drawn_of(
    *readings: dict[str, Any], dosed: bool = True, **more: Any
) -> dict[str, Any]:
    """The chart of a session, dosed at 15:10."""
    given_at = "2026-03-02T15:10:00+00:00"
    session = {
        "opened_at": "2026-03-02T15:00:00+00:00",
        "first_dose_at": given_at if dosed else None,
        "doses": [{"seq": 1, "given_at": given_at}] if dosed else [],
        "phases": [],
        "baseline": {"systolic_mmhg": 118},
        "limits": LIMITS,
        **more,
    }
    return chart(session, in_order(readings))


def test_minutes_count_from_the_first_dose() -> None:
    drawn = drawn_of(reading(5, systolic_mmhg=120), reading(15))

    assert drawn["minutes"] == [-5.0, 5.0]
    assert drawn["marks"] == [{"kind": "dose", "minute": 0.0, "label": "Dose 1"}]


def test_phases_and_the_shortest_stay_have_marks_beside_the_doses() -> None:
    drawn = drawn_of(
        phases=[
            {"phase": "experience", "at": "2026-03-02T15:10:00+00:00"},
            {"phase": "recovery", "at": "2026-03-02T15:50:00+00:00"},
        ],
        earliest_discharge_at="2026-03-02T17:10:00+00:00",
    )

    assert [(mark["minute"], mark["label"]) for mark in drawn["marks"]] == [
        (0.0, "Dose 1"),
        (40.0, "Recovery"),
        (120.0, "May leave"),
    ]


def test_checks_have_marks_at_their_minutes() -> None:
    drawn = drawn_of(checks=[{"due_at": "2026-03-02T15:50:00+00:00"}])

    assert drawn["marks"][-1] == {"kind": "check", "minute": 40.0, "label": "40 min"}


def test_what_was_never_taken_before_the_dose_has_no_baseline() -> None:
    drawn = drawn_of()

    assert drawn["baseline"]["systolic"] == 118
    assert drawn["baseline"]["spo2"] is None


def test_the_entry_shows_the_value_before_of_each_measure() -> None:
    readings = in_order([reading(1, systolic_mmhg=120, spo2_percent=98), reading(2)])

    fields = {one.measure: one.before for one in entry_fields(readings)}

    assert fields["systolic_mmhg"] == 120
    assert fields["spo2_percent"] == 98
    assert fields["moaas"] is None


def test_minutes_count_from_the_opening_while_no_dose_was_given() -> None:
    drawn = drawn_of(reading(5, systolic_mmhg=120), dosed=False)

    assert (drawn["origin"], drawn["minutes"]) == ("opening", [5.0])


def test_a_late_entry_stands_where_it_was_taken() -> None:
    drawn = drawn_of(reading(30, systolic_mmhg=130), reading(20, systolic_mmhg=150))

    assert drawn["minutes"] == [10.0, 20.0]
    assert drawn["series"]["systolic"] == [150, 130]


def test_what_was_not_taken_is_a_gap_and_no_zero() -> None:
    drawn = drawn_of(reading(12, systolic_mmhg=120), reading(14))

    assert drawn["series"]["systolic"] == [120, None]


def test_the_limits_in_force_are_lines_and_a_rise_is_none() -> None:
    drawn = drawn_of()

    assert drawn["limits"]["systolic"] == [
        {"kind": "amber", "at": 160},
        {"kind": "red", "at": 180},
    ]
    assert drawn["limits"]["spo2"] == [{"kind": "red", "at": 92}]
    assert drawn["limits"]["heart_rate"] == []


def test_the_last_value_of_each_measure_is_shown_with_its_own_status() -> None:
    readings = in_order(
        [
            reading(12, systolic_mmhg=150, diastolic_mmhg=90, spo2_percent=97),
            reading(14, "red", systolic_mmhg=184, diastolic_mmhg=104),
        ]
    )

    pressure, heart, oxygen, *_ = last_values(readings, LIMITS)

    assert (pressure.text, pressure.status, pressure.trend) == (
        "184/104",
        "red",
        "rising",
    )
    assert pressure.limits == "from 180/110"
    assert (heart.text, oxygen.text, oxygen.status) == ("", "97", "ok")


def test_a_change_of_a_hair_is_no_trend() -> None:
    readings = in_order([reading(1, spo2_percent=97), reading(2, spo2_percent=98)])

    assert last_values(readings, {})[2].trend == "steady"
