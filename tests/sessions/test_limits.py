"""Limits of a patient's own go before the order's, the clinic's and the pack's."""

from datetime import timedelta
from typing import Any

import pytest

from services.sessions.domain.limits import in_force
from shared.rulepack import VitalsPhase, load_pack, read_clinic_pack
from tests.sessions.clinic_day import (
    NAME,
    Day,
    Patient,
    authorised,
    dose_body,
    refused,
)
from tests.sessions.readings import NOW

SAID: dict[str, Any] = {
    "measure": "systolic_mmhg",
    "phase": "during",
    "limits": {"red": {"at_least": 150}, "amber": {"at_least": 140}},
    "reason": "an aneurysm in the family",
}


def set_limits(patient: Patient, **said: Any) -> Any:
    """The prescriber sets limits for the patient."""
    until = patient.day.lab.clock() + timedelta(days=30)
    body = {**SAID, "until": until, **said}
    path = f"/patients/{patient.id}/limits"
    return patient.day.prescriber.post(NAME, path, **body)


def refused_limits(patient: Patient, **said: Any) -> Any:
    """The problem of limits that must be refused."""
    until = patient.day.lab.clock() + timedelta(days=30)
    body = {**SAID, "until": until, **said}
    path = f"/patients/{patient.id}/limits"
    return patient.day.prescriber.refused(NAME, path, **body)


def rated(reading: dict[str, Any], measure: str = "systolic_mmhg") -> dict[str, Any]:
    """What one value of a reading says."""
    (found,) = [one for one in reading["ratings"] if one["measure"] == measure]
    return dict(found)


def test_a_patients_own_limit_decides_and_is_kept_with_the_reading(day: Day) -> None:
    patient = day.patient().dosed()
    set_limits(patient)

    said = rated(patient.vitals(systolic_mmhg=150))

    assert (said["status"], said["rule_code"], said["origin"]) == (
        "red",
        "bp_red",
        "patient",
    )
    assert said["limit"]["red"] == {"at_least": 150}
    assert rated(patient.chart["vitals"][-1]) == said
    assert patient.chart["limit_origins"]["systolic_mmhg"] == "patient"
    assert patient.chart["limits"]["systolic_mmhg"]["amber"] == {"at_least": 140}
    assert day.told("limits.changed")[0].in_force


def test_limits_set_before_the_session_count_in_it(day: Day) -> None:
    patient = day.patient()
    set_limits(patient, phase="before_dose", limits={"stop": {"at_least": 150}})
    patient.here().open()

    patient.vitals(systolic_mmhg=150)

    assert patient.precheck()["outcome"] == "stop"


def test_a_limit_set_in_the_chair_undoes_an_authorisation_beyond_it(day: Day) -> None:
    patient = authorised(day)

    set_limits(patient, phase="before_dose", limits={"stop": {"at_least": 120}})

    chart = patient.chart
    assert (chart["status"], chart["outcome"]) == ("held", "stop")
    assert refused(patient, "doses", **dose_body()) == (409, "dose_stopped")


def test_a_limit_that_nothing_measured_crosses_undoes_nothing(day: Day) -> None:
    patient = authorised(day)

    set_limits(patient, phase="before_dose", limits={"stop": {"at_least": 150}})

    assert patient.chart["status"] == "authorised"


def test_the_patients_limit_goes_before_the_orders(day: Day) -> None:
    patient = day.patient().dosed()
    path = f"/orders/{patient.order_id}/limits"
    day.prescriber.post(NAME, path, **{**SAID, "limits": {"red": {"at_least": 160}}})
    of_order = rated(patient.vitals(systolic_mmhg=160))
    set_limits(patient)

    of_patient = rated(patient.vitals(systolic_mmhg=159))

    assert (of_order["status"], of_order["origin"]) == ("red", "order")
    assert (of_patient["status"], of_patient["origin"]) == ("red", "patient")


@pytest.mark.parametrize("how", ["ended", "over"])
def test_limits_that_are_over_decide_nothing(day: Day, how: str) -> None:
    patient = day.patient().dosed()
    until = day.lab.clock() + timedelta(minutes=10)
    limits_id = set_limits(patient, until=until)["id"]
    if how == "ended":
        day.prescriber.post(NAME, f"/limits/{limits_id}/end")
    else:
        day.lab.clock.advance(minutes=10)

    said = rated(patient.vitals(systolic_mmhg=149))

    assert (said["status"], said["origin"]) == ("ok", "pack")
    problem = day.prescriber.refused(NAME, f"/limits/{limits_id}/end")
    assert (problem["status"], problem["code"]) == (409, "already_ended")


@pytest.mark.parametrize(
    "said",
    [
        {"limits": {"red": {"at_least": 181}}},
        {"limits": {"red": {"above": 180}}},
        {"limits": {"red": {"below": 60}}},
        {"phase": "before_dose", "limits": {"stop": {"at_least": 190}}},
        {"phase": "before_dose", "limits": {"hard_hold": {"above": 170}}},
        {"measure": "spo2_percent", "limits": {"emergency": {"below": 88}}},
    ],
)
def test_what_stops_a_dose_or_calls_somebody_is_never_looser(
    day: Day, said: dict[str, Any]
) -> None:
    problem = refused_limits(day.patient(), **said)

    assert (problem["status"], problem["code"]) == (409, "limit_looser")
    assert day.told("limits.changed") == []


def test_what_only_asks_to_watch_may_be_looser(day: Day) -> None:
    patient = day.patient().dosed()
    set_limits(patient, limits={"amber": {"at_least": 170}, "rise": {"at_least": 60}})

    assert patient.vitals(systolic_mmhg=165)["status"] == "ok"


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"limits": {}}, "#/limits"),
        ({"limits": {"stop": {"at_least": 150}}}, "#/limits"),
        ({"limits": {"red": {}}}, "#/limits"),
        ({"limits": {"red": {"at_least": "150"}}}, "#/limits"),
        ({"measure": "pulse"}, "#/measure"),
        ({"phase": "after"}, "#/phase"),
        ({"reason": ""}, "#/reason"),
        ({"until": "2026-03-02T14:00:00+00:00"}, "#/until"),
        ({"until": None}, "#/until"),
    ],
)
def test_limits_that_make_no_sense_are_refused_with_a_pointer(
    day: Day, said: dict[str, Any], pointer: str
) -> None:
    problem = refused_limits(day.patient(), **said)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"].startswith(pointer)


def test_an_order_that_is_over_has_no_limits(day: Day) -> None:
    patient = day.patient()
    patient.weigh()
    patient.order()
    day.prescriber.post(NAME, f"/orders/{patient.order_id}/cancel")

    problem = day.prescriber.refused(NAME, f"/orders/{patient.order_id}/limits", **SAID)

    assert (problem["status"], problem["code"]) == (409, "no_active_order")


def test_limits_are_listed_with_their_reason_the_newest_first(day: Day) -> None:
    patient = day.patient()
    first = set_limits(patient)
    second = set_limits(
        patient, measure="heart_rate_bpm", limits={"red": {"below": 45, "above": 120}}
    )

    items = day.monitor.get(NAME, f"/patients/{patient.id}/limits")["items"]

    assert [item["id"] for item in items] == [second["id"], first["id"]]
    assert items[1] == first
    assert (first["origin"], first["reason"]) == ("patient", SAID["reason"])


def test_the_clinics_own_limits_are_known_from_the_packs() -> None:
    own = read_clinic_pack(
        'extends = "kap-base-2026.1"\nversion = "ours"\n'
        "[vitals.measures.heart_rate_bpm.during]\namber = { below = 50, above = 105 }\n"
    ).pack

    found = in_force(own, VitalsPhase.DURING, None, at=NOW)

    assert found.origins["heart_rate_bpm"] == "clinic"
    assert found.origins["systolic_mmhg"] == "pack"
    assert found.said["heart_rate_bpm"]["amber"] == {"below": 50, "above": 105}


def test_two_packs_of_one_name_keep_each_its_own_limits() -> None:
    head = 'extends = "kap-base-2026.1"\nversion = "ours"\n'
    said = "[vitals.measures.heart_rate_bpm.during]\namber = {{ above = {} }}\n"
    packs = [read_clinic_pack(head + said.format(top)).pack for top in (101, 102)]

    ambers = [
        in_force(pack, VitalsPhase.DURING, None, at=NOW).said["heart_rate_bpm"]["amber"]
        for pack in (*packs, load_pack())
    ]

    assert ambers == [{"above": 101}, {"above": 102}, {"below": 50, "above": 110}]
