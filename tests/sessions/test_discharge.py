"""Discharge over HTTP: who may leave, and who lets them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.sessions.app import service
from shared.rulepack import load_pack
from shared.testing.lab import Lab
from tests.sessions.clinic_day import CHECKLIST, NAME, Day, Patient, dosed_at

PACK = load_pack()


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A laboratory of each test's own: its clock and its reminders count here."""
    made = Lab([service], tmp_path_factory.mktemp("leaving"))
    made.settle()
    yield made
    made.close()


@pytest.fixture
def recovered(day: Day) -> Patient:
    """A patient who may leave."""
    return day.patient().dosed().recover()


def refused_discharge(patient: Patient, **said: Any) -> Any:
    """The problem of a discharge by the monitor."""
    body = {**CHECKLIST, **said}
    return patient.refused("discharge", by=patient.day.monitor, **body)


def test_a_patient_who_is_well_leaves_with_the_escort(
    day: Day, recovered: Patient
) -> None:
    done = recovered.discharge()

    assert done["status"] == "discharged"
    assert done["ended_at"] == day.lab.clock().isoformat()
    (told,) = day.told("patient.discharged")
    assert told.discharged_at == day.lab.clock()
    assert recovered.chart["discharge"] == {
        **CHECKLIST,
        "unmet": [],
        "override_reason": None,
    }


@pytest.mark.parametrize("by", ["monitor", "prescriber"])
def test_nobody_leaves_without_an_escort_whatever_the_reason(
    day: Day, recovered: Patient, by: str
) -> None:
    body: dict[str, Any] = {
        **CHECKLIST,
        "escort_present": False,
        "override_reason": "lives next door",
    }

    problem = recovered.refused("discharge", by=getattr(day, by), **body)

    assert (problem["status"], problem["code"]) == (409, "escort_missing")
    assert recovered.chart["status"] == "recovery"


def test_nobody_leaves_with_an_open_alert(day: Day, recovered: Patient) -> None:
    recovered.vitals(heart_rate_bpm=140)
    recovered.vitals()

    body = {**CHECKLIST, "override_reason": "it is fine"}
    problem = recovered.refused("discharge", **body)

    assert (problem["status"], problem["code"]) == (409, "alert_open")


@pytest.mark.parametrize(
    "answer", ["oriented", "walks_unaided", "nausea_tolerable", "instructions_given"]
)
def test_every_point_of_the_checklist_counts(recovered: Patient, answer: str) -> None:
    problem = refused_discharge(recovered, **{answer: False})

    assert (problem["status"], problem["code"]) == (409, "discharge_criteria_unmet")
    assert problem["unmet"] == [answer]


@pytest.mark.parametrize(
    ("route", "order"),
    [
        ("iv", {"dose_mg": 40}),
        ("im", {"dose_mg": 60}),
        ("sl", {"dose_mg": 200}),
        ("esketamine_nasal", {"dose_mg": 56, "drug": "esketamine"}),
    ],
)
def test_each_route_has_its_least_stay_after_the_last_dose(
    day: Day, route: str, order: dict[str, Any]
) -> None:
    patient = day.patient().here(route=route, **order).open()
    patient.vitals()
    patient.precheck()
    patient.authorise()
    patient.give(28)
    day.therapist.post(NAME, f"{patient.path}/phase", phase="recovery")
    stay = PACK.discharge.minimum_stay[patient.chart["route"]]
    for earlier in (timedelta(minutes=11), timedelta(seconds=1)):
        day.lab.clock.now = dosed_at(patient) + stay - earlier
        patient.vitals()

    problem = refused_discharge(patient)
    day.lab.clock.advance(seconds=1)
    done = patient.discharge()

    assert problem["unmet"] == ["minimum_stay"]
    assert done["status"] == "discharged"


def test_readings_of_half_an_hour_ago_let_nobody_go(
    day: Day, recovered: Patient
) -> None:
    day.lab.clock.advance(minutes=31)

    problem = refused_discharge(recovered)

    assert problem["unmet"] == ["blood_pressure", "spo2", "respiratory_rate", "moaas"]


def test_a_prescriber_lets_a_patient_go_with_a_reason(
    day: Day, recovered: Patient
) -> None:
    body = {**CHECKLIST, "walks_unaided": False}

    assert recovered.refused("discharge", **body)["code"] == "discharge_criteria_unmet"

    day.prescriber.post(
        NAME, f"{recovered.path}/discharge", **body, override_reason="uses a wheelchair"
    )
    kept = recovered.chart["discharge"]
    assert kept["unmet"] == ["walks_unaided"]
    assert kept["override_reason"] == "uses a wheelchair"


def test_a_monitor_overrides_nothing(recovered: Patient) -> None:
    problem = refused_discharge(
        recovered, walks_unaided=False, override_reason="uses a wheelchair"
    )

    assert problem["code"] == "discharge_criteria_unmet"


def test_an_order_that_is_used_up_closes_with_the_session(day: Day) -> None:
    patient = day.patient().dosed(max_doses=1).recover()
    assert day.told("order.closed") == []

    patient.discharge()

    (closed,) = day.told("order.closed")
    assert (str(closed.order_id), closed.cause_code) == (patient.order_id, "used_up")
    path = f"/patients/{patient.id}/orders"
    assert day.prescriber.get(NAME, path)["items"][0]["status"] == "used_up"


def test_an_order_with_doses_left_stays_open(day: Day, recovered: Patient) -> None:
    recovered.discharge()

    assert day.told("order.closed") == []
