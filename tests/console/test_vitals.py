"""Vital signs as the chart and the wall show them."""

from typing import Any

from services.console.pages.vitals import chart, in_order, last_values

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


def session(*readings: dict[str, Any], dosed: bool = True) -> dict[str, Any]:
    """What sessions says of a session, dosed at 15:10."""
    given_at = "2026-03-02T15:10:00+00:00"
    return {
        "opened_at": "2026-03-02T15:00:00+00:00",
        "first_dose_at": given_at if dosed else None,
        "vitals": list(readings),
        "doses": [{"seq": 1, "given_at": given_at}] if dosed else [],
        "limits": LIMITS,
    }


def test_minutes_count_from_the_first_dose() -> None:
    drawn = chart(session(reading(5, systolic_mmhg=120), reading(15)))

    assert drawn["minutes"] == [-5.0, 5.0]
    assert drawn["doses"] == [{"minute": 0.0, "label": "Dose 1"}]


def test_minutes_count_from_the_opening_while_no_dose_was_given() -> None:
    drawn = chart(session(reading(5, systolic_mmhg=120), dosed=False))

    assert (drawn["origin"], drawn["minutes"]) == ("opening", [5.0])


def test_a_late_entry_stands_where_it_was_taken() -> None:
    drawn = chart(
        session(reading(30, systolic_mmhg=130), reading(20, systolic_mmhg=150))
    )

    assert drawn["minutes"] == [10.0, 20.0]
    assert drawn["series"]["systolic"] == [150, 130]


def test_what_was_not_taken_is_a_gap_and_no_zero() -> None:
    drawn = chart(session(reading(12, systolic_mmhg=120), reading(14)))

    assert drawn["series"]["systolic"] == [120, None]


def test_the_limits_in_force_are_lines_and_a_rise_is_none() -> None:
    drawn = chart(session())

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
