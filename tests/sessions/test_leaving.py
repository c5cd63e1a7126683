"""How a session ends: discharge, abort, signature; and integration afterwards."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, update

from services.sessions import models
from services.sessions.app import service
from shared.context import Role
from shared.ids import uuid7
from shared.rulepack import load_pack
from shared.testing.lab import Lab
from tests.sessions.clinic_day import CALM, CHECKLIST, NAME, Day, Patient

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


# ------------------------------------------------------------------ discharge


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
        day.lab.clock.now = _dosed_at(patient) + stay - earlier
        patient.vitals()

    problem = refused_discharge(patient)
    day.lab.clock.advance(seconds=1)
    done = patient.discharge()

    assert problem["unmet"] == ["minimum_stay"]
    assert done["status"] == "discharged"


def _dosed_at(patient: Patient) -> datetime:
    return datetime.fromisoformat(patient.chart["first_dose_at"])


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


# ------------------------------------------------------------------ abort


@pytest.mark.parametrize("by", ["monitor", "therapist", "prescriber"])
def test_before_a_dose_every_clinician_may_end_it(day: Day, by: str) -> None:
    patient = day.patient().here().open()

    done = getattr(day, by).post(
        NAME, f"{patient.path}/abort", reason_code="patient_request"
    )

    assert done["status"] == "aborted"
    (told,) = day.told("record.aborted")
    assert told.reason_code == "patient_request"
    assert patient.chart["abort"]["reason_code"] == "patient_request"


@pytest.mark.parametrize("by", ["monitor", "therapist"])
def test_after_a_dose_only_a_prescriber_ends_it(day: Day, by: str) -> None:
    patient = day.patient().dosed()

    problem = patient.refused("abort", by=getattr(day, by), reason_code="unwell")

    assert (problem["status"], problem["code"]) == (403, "forbidden")
    path = f"{patient.path}/abort"
    assert day.prescriber.post(NAME, path, reason_code="unwell")["status"] == "aborted"


def test_what_was_drawn_and_not_given_is_wasted_before_a_witness(day: Day) -> None:
    patient = day.patient().here().open()
    witness_id = uuid7()
    waste: dict[str, Any] = {"reason_code": "held", "wasted_mg": 60.5, "lot": "fict-1"}

    assert patient.refused("abort", **waste)["status"] == 422
    own = {**waste, "witness_id": day.ids[Role.PRESCRIBER]}
    assert patient.refused("abort", **own)["code"] == "witness_is_actor"
    lotless = {**waste, "lot": None, "witness_id": witness_id}
    assert patient.refused("abort", **lotless)["errors"][0]["pointer"] == "#/lot"

    path = f"{patient.path}/abort"
    day.prescriber.post(NAME, path, **waste, witness_id=witness_id)
    assert patient.chart["abort"] == {
        "reason_code": "held",
        "wasted_mg": 60.5,
        "lot": "fict-1",
        "witness_id": str(witness_id),
    }


def test_an_aborted_session_with_the_last_dose_closes_the_order(day: Day) -> None:
    patient = day.patient().dosed(max_doses=1)

    day.prescriber.post(NAME, f"{patient.path}/abort", reason_code="unwell")

    assert [closed.cause_code for closed in day.told("order.closed")] == ["used_up"]
    assert day.told("integration.fell_due") == []


@pytest.mark.parametrize("reason", ["", "Felt unwell", "x" * 65, None])
def test_the_reason_of_an_abort_is_a_code(day: Day, reason: object) -> None:
    patient = day.patient().here().open()

    problem = patient.refused("abort", reason_code=reason)

    assert problem["status"] == 422


# ------------------------------------------------------------------ signature


def signed(day: Day) -> Patient:
    """A patient whose record is signed."""
    patient = day.patient().dosed()
    alert_id = patient.vitals(systolic_mmhg=190)["alert_id"]
    day.monitor.post(NAME, f"/alerts/{alert_id}/acknowledge")
    patient.recover()
    patient.discharge()
    day.prescriber.post(NAME, f"{patient.path}/sign")
    return patient


def test_a_signature_names_who_and_when_and_holds(day: Day) -> None:
    patient = signed(day)

    chart = patient.chart
    assert chart["status"] == "signed"
    assert chart["signed_by"] == str(day.ids[Role.PRESCRIBER])
    assert len(chart["signature_hash"]) == 64
    assert chart["signature_holds"] is True
    assert len(day.told("record.signed")) == 1


TAMPERED: list[tuple[Table, dict[str, Any]]] = [
    (models.sessions, {"first_dose_at": None}),
    (models.sessions, {"baseline": {}}),
    (models.prechecks, {"fasting": False}),
    (models.authorisations, {"override_reason": "invented later"}),
    (models.vitals, {"systolic_mmhg": 120.0, "late_reason": "nicer"}),
    (models.alerts, {"acknowledged_at": None}),
    (models.doses, {"lot": "other"}),
]


@pytest.mark.parametrize(("table", "change"), TAMPERED)
def test_a_signature_shows_what_was_changed_behind_it(
    day: Day, table: Table, change: dict[str, Any]
) -> None:
    patient = signed(day)

    with day.lab.runtime(NAME).begin() as connection:
        connection.execute(update(table).values(**change))

    assert patient.chart["signature_holds"] is False


def test_nothing_is_signed_with_an_open_alert(day: Day) -> None:
    patient = day.patient().dosed()
    patient.vitals(systolic_mmhg=190)
    day.prescriber.post(NAME, f"{patient.path}/abort", reason_code="vital_signs")

    problem = patient.refused("sign")

    assert (problem["status"], problem["code"]) == (409, "alert_open")
    assert patient.chart["status"] == "aborted"


def test_a_signed_record_takes_nothing_in(day: Day) -> None:
    patient = signed(day)

    problem = patient.refused("vitals", **CALM)

    assert (problem["status"], problem["code"]) == (409, "record_locked")
    assert patient.chart["signature_holds"] is True


# ------------------------------------------------------------------ integration


def the_integration(patient: Patient) -> dict[str, Any]:
    """The patient's one integration."""
    path = f"/patients/{patient.id}/integrations"
    (item,) = patient.day.therapist.get(NAME, path)["items"]
    return dict(item)


def test_integration_falls_due_after_the_dose(day: Day, recovered: Patient) -> None:
    dosed_at = _dosed_at(recovered)
    recovered.discharge()

    (told,) = day.told("integration.fell_due")
    assert told.due_at == dosed_at + PACK.integration.due_after
    assert told.late_at == dosed_at + PACK.integration.late_after
    assert the_integration(recovered)["status"] == "due"


def test_integration_in_time_is_not_missed(day: Day, recovered: Patient) -> None:
    recovered.discharge()

    path = f"/integrations/{the_integration(recovered)['id']}/complete"
    done = day.therapist.post(NAME, path, note="a good talk")
    day.lab.clock.advance(days=4)
    day.lab.settle()

    assert (done["status"], done["note"]) == ("completed", "a good talk")
    assert len(day.told("integration.completed")) == 1
    assert day.told("integration.missed") == []


def test_integration_is_completed_once(day: Day, recovered: Patient) -> None:
    recovered.discharge()
    path = f"/integrations/{the_integration(recovered)['id']}/complete"
    day.therapist.post(NAME, path)

    problem = day.therapist.refused(NAME, path)

    assert (problem["status"], problem["code"]) == (409, "already_completed")


def test_integration_that_did_not_happen_is_missed_and_can_be_made_up(
    day: Day, recovered: Patient
) -> None:
    recovered.discharge()
    day.lab.clock.now = _dosed_at(recovered) + PACK.integration.late_after
    day.lab.clock.advance(seconds=-1)
    day.lab.settle()
    assert day.told("integration.missed") == []

    day.lab.clock.advance(seconds=1)
    day.lab.settle()
    assert len(day.told("integration.missed")) == 1
    assert the_integration(recovered)["status"] == "missed"

    path = f"/integrations/{the_integration(recovered)['id']}/complete"
    assert day.therapist.post(NAME, path)["status"] == "completed"
