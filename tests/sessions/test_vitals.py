"""Vital signs over HTTP: rated by the pack, always kept, and who is called."""

from typing import Any

import pytest
from sqlalchemy import delete, event

from services.sessions.models import clinics
from shared.ids import uuid7
from shared.rulepack import load_pack
from shared.testing.lab import EVERYTHING
from tests.sessions.clinic_day import CALM, NAME, RESPONSE_SECONDS, Day, Patient


@pytest.fixture
def opened(day: Day) -> Patient:
    """A session before its dose."""
    return day.patient().here().open()


@pytest.fixture
def dosed(day: Day) -> Patient:
    """A session after its dose."""
    return day.patient().dosed()


def test_calm_vital_signs_are_ok_and_alert_nobody(opened: Patient) -> None:
    said = opened.vitals()

    assert (said["status"], said["phase"]) == ("ok", "before_dose")
    assert said["alert_id"] is None
    assert opened.day.told("vitals.recorded")[-1].status == "ok"


def test_each_rating_names_the_limits_that_were_in_force(dosed: Patient) -> None:
    rating = rating_of(dosed.vitals(systolic_mmhg=170), "systolic_mmhg")

    assert (rating["value"], rating["status"]) == (170, "amber")
    assert rating["rule_code"] == "bp_amber"
    assert rating["limit"] == {
        "amber": {"at_least": 160},
        "rise": {"at_least": 30},
        "red": {"at_least": 180},
    }
    kept = rating_of(dosed.chart["vitals"][-1], "systolic_mmhg")
    assert kept == rating


def rating_of(reading: dict[str, Any], measure: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in reading["ratings"] if one["measure"] == measure
    )
    return found


DURING = [
    ({"systolic_mmhg": 149}, "ok"),
    ({"systolic_mmhg": 150}, "amber"),
    ({"systolic_mmhg": 179}, "amber"),
    ({"systolic_mmhg": 180}, "red"),
    ({"diastolic_mmhg": 99}, "ok"),
    ({"diastolic_mmhg": 100}, "amber"),
    ({"diastolic_mmhg": 110}, "red"),
    ({"spo2_percent": 94}, "ok"),
    ({"spo2_percent": 93.9}, "amber"),
    ({"spo2_percent": 92}, "amber"),
    ({"spo2_percent": 91.9}, "red"),
    ({"heart_rate_bpm": 110}, "ok"),
    ({"heart_rate_bpm": 111}, "amber"),
    ({"heart_rate_bpm": 131}, "red"),
    ({"heart_rate_bpm": 49}, "amber"),
    ({"heart_rate_bpm": 44}, "red"),
    ({"respiratory_rate_bpm": 24}, "ok"),
    ({"respiratory_rate_bpm": 9}, "amber"),
    ({"respiratory_rate_bpm": 7}, "red"),
    ({"moaas": 4}, "ok"),
    ({"moaas": 3}, "amber"),
    ({"moaas": 2}, "red"),
]


@pytest.mark.parametrize(("measured", "status"), DURING)
def test_after_the_dose_the_limits_of_the_pack_decide_at_their_borders(
    dosed: Patient, measured: dict[str, float], status: str
) -> None:
    said = dosed.vitals(**measured)

    assert (said["status"], said["phase"]) == (status, "during")
    assert (said["alert_id"] is not None) is (status == "red")


BEFORE = [
    ({"systolic_mmhg": 140, "diastolic_mmhg": 90}, "ok", False),
    ({"systolic_mmhg": 141}, "amber", False),
    ({"systolic_mmhg": 161}, "red", False),
    ({"systolic_mmhg": 180}, "red", True),
    ({"diastolic_mmhg": 110}, "red", True),
    ({"spo2_percent": 91}, "red", True),
    ({"moaas": 2}, "red", True),
]


@pytest.mark.parametrize(("measured", "status", "alerts"), BEFORE)
def test_before_the_dose_only_what_stops_it_alerts(
    opened: Patient, measured: dict[str, float], status: str, alerts: bool
) -> None:
    said = opened.vitals(**measured)

    assert said["status"] == status
    assert (said["alert_id"] is not None) is alerts


def test_every_reading_is_kept_however_abnormal(dosed: Patient) -> None:
    worst = {
        "systolic_mmhg": 300,
        "diastolic_mmhg": 200,
        "heart_rate_bpm": 300,
        "spo2_percent": 30,
        "respiratory_rate_bpm": 0,
        "moaas": 0,
    }

    dosed.vitals(**worst)

    kept = dosed.chart["vitals"][-1]
    assert {name: kept[name] for name in worst} == worst


@pytest.mark.parametrize(
    ("measured", "pointer"),
    [
        ({"systolic_mmhg": 301}, "#/systolic_mmhg"),
        ({"systolic_mmhg": 39}, "#/systolic_mmhg"),
        ({"diastolic_mmhg": 201}, "#/diastolic_mmhg"),
        ({"systolic_mmhg": 80, "diastolic_mmhg": 120}, "#/diastolic_mmhg"),
        ({"heart_rate_bpm": 9}, "#/heart_rate_bpm"),
        ({"spo2_percent": 101}, "#/spo2_percent"),
        ({"respiratory_rate_bpm": 81}, "#/respiratory_rate_bpm"),
        ({"moaas": 6}, "#/moaas"),
        ({"moaas": 4.5}, "#/moaas"),
        ({"heart_rate_bpm": "66"}, "#/heart_rate_bpm"),
        ({"heart_rate_bpm": True}, "#/heart_rate_bpm"),
        ({"taken_at": "2026-03-02T15:00:00"}, "#/taken_at"),
        ({"pulse": 66}, "#/pulse"),
    ],
)
def test_an_impossible_value_is_refused_with_a_pointer_and_nothing_is_kept(
    opened: Patient, measured: dict[str, Any], pointer: str
) -> None:
    problem = opened.refused("vitals", **{**CALM, **measured})

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == pointer
    assert opened.chart["vitals"] == []


def test_a_reading_of_nothing_is_refused(opened: Patient) -> None:
    problem = opened.refused("vitals", systolic_mmhg=None)

    assert problem["status"] == 422


def test_one_measure_is_enough_for_a_reading(dosed: Patient) -> None:
    said = dosed.day.therapist.post(NAME, f"{dosed.path}/vitals", heart_rate_bpm=70)

    assert said["status"] == "ok"
    assert said["systolic_mmhg"] is None


def test_the_baseline_is_the_first_of_each_measure_before_the_dose(
    opened: Patient,
) -> None:
    path = f"{opened.path}/vitals"
    opened.day.monitor.post(NAME, path, systolic_mmhg=110, diastolic_mmhg=70)
    opened.vitals(systolic_mmhg=135, heart_rate_bpm=61)
    opened.precheck()
    opened.authorise()
    opened.give()

    during = opened.vitals(systolic_mmhg=141)

    assert opened.chart["baseline"]["systolic_mmhg"] == 110
    assert opened.chart["baseline"]["heart_rate_bpm"] == 61
    assert rating_of(during, "systolic_mmhg")["rule_code"] == "bp_rise"


def test_a_late_entry_keeps_its_time_and_its_reason(dosed: Patient) -> None:
    clock = dosed.day.lab.clock
    taken_at = clock()
    clock.advance(minutes=6)

    problem = dosed.refused("vitals", **CALM, taken_at=taken_at)
    dosed.vitals(taken_at=taken_at.isoformat(), late_reason="the tablet was offline")

    assert problem["errors"][0]["pointer"] == "#/late_reason"
    kept = dosed.chart["vitals"][-1]
    assert (kept["taken_at"], kept["recorded_at"]) == (
        taken_at.isoformat(),
        clock().isoformat(),
    )
    assert kept["late_reason"] == "the tablet was offline"


def test_a_reading_from_the_future_is_refused(opened: Patient) -> None:
    soon = opened.day.lab.clock.now.replace(year=2027)

    problem = opened.refused("vitals", **CALM, taken_at=soon)

    assert problem["errors"][0]["pointer"] == "#/taken_at"


def test_a_red_reading_calls_for_a_clinician_in_time(dosed: Patient) -> None:
    day = dosed.day

    said = dosed.vitals(systolic_mmhg=180)

    raised = day.told("alert.raised")[-1]
    assert (str(raised.alert_id), raised.severity) == (said["alert_id"], "red")
    assert raised.rule_code == "bp_red"
    assert (raised.due_at - day.lab.clock()).total_seconds() == RESPONSE_SECONDS


def test_an_emergency_is_told_as_one(dosed: Patient) -> None:
    dosed.vitals(spo2_percent=89)

    raised = dosed.day.told("alert.raised")[-1]
    assert (raised.severity, raised.rule_code) == ("emergency", "spo2_emergency")


def test_a_second_red_of_the_same_rule_raises_no_second_alert(dosed: Patient) -> None:
    first = dosed.vitals(systolic_mmhg=185)["alert_id"]
    before = len(dosed.day.told("alert.raised"))

    second = dosed.vitals(systolic_mmhg=190)

    assert second["alert_id"] == first
    assert len(dosed.day.told("alert.raised")) == before


def test_another_rule_raises_its_own_alert(dosed: Patient) -> None:
    first = dosed.vitals(systolic_mmhg=185)["alert_id"]

    second = dosed.vitals(heart_rate_bpm=140)["alert_id"]

    assert second not in (None, first)


def test_a_red_after_the_alert_was_acknowledged_raises_a_new_one(
    dosed: Patient,
) -> None:
    first = dosed.vitals(systolic_mmhg=185)["alert_id"]
    dosed.day.monitor.post(NAME, f"/alerts/{first}/acknowledge")

    second = dosed.vitals(systolic_mmhg=185)["alert_id"]

    assert second not in (None, first)


def test_a_reading_that_breaks_two_rules_raises_both_alerts(dosed: Patient) -> None:
    before = len(dosed.day.told("alert.raised"))

    said = dosed.vitals(systolic_mmhg=190, spo2_percent=88)

    raised = dosed.day.told("alert.raised")[before:]
    assert [one.rule_code for one in raised] == ["spo2_emergency", "bp_red"]
    assert said["alert_id"] == str(raised[0].alert_id)


def test_an_alert_does_not_wait_for_news_of_the_clinic(day: Day) -> None:
    dosed = day.patient().dosed()
    with day.lab.runtime(NAME).begin(EVERYTHING) as connection:
        connection.execute(delete(clinics).where(clinics.c.id == day.clinic_id))

    dosed.vitals(systolic_mmhg=190)

    due_in = day.told("alert.raised")[0].due_at - day.lab.clock()
    assert due_in == load_pack().alerts.respond_within


def test_an_ordinary_reading_reads_one_row_and_writes_three(dosed: Patient) -> None:
    engine = dosed.day.lab.runtime(NAME).database.engine
    said: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        said.append(statement.split()[0].upper())

    event.listen(engine, "before_cursor_execute", note)
    try:
        dosed.vitals()
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert sorted(word for word in said if word != "BEGIN") == [
        "INSERT",
        "INSERT",
        "INSERT",
        "SELECT",
    ]


def test_vital_signs_of_an_unknown_session_are_refused(day: Day) -> None:
    problem = day.monitor.refused(NAME, f"/sessions/{uuid7()}/vitals", **CALM)

    assert (problem["status"], problem["code"]) == (404, "not_found")


def test_a_reading_decided_on_an_old_version_is_refused_if_one_is_named(
    opened: Patient,
) -> None:
    opened.vitals()
    opened.precheck()

    path = f"{opened.path}/vitals"
    answer = opened.day.monitor.request(
        "POST", NAME, path, CALM, headers={"If-Match": '"1"'}
    )

    assert answer.status_code == 412
