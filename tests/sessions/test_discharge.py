"""Discharge over HTTP: who may leave, and who lets them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.sessions.app import service
from shared.access import Role
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
        "overrides": {},
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


def checklist(patient: Patient) -> dict[str, dict[str, Any]]:
    """The discharge checklist, by code."""
    path = f"{patient.path}/discharge-checklist"
    items = patient.day.therapist.get(NAME, path)["items"]
    return {item["code"]: item for item in items}


def see(patient: Patient, **said: Any) -> Any:
    """The monitor notes something seen."""
    path = f"{patient.path}/discharge-checklist"
    return patient.day.monitor.post(NAME, path, **said)


def test_the_checklist_says_what_is_met_and_what_is_needed(
    day: Day, recovered: Patient
) -> None:
    found = checklist(recovered)

    assert {code: found["moaas"][code] for code in ("met", "value", "how")} == {
        "met": True,
        "value": 5,
        "how": "measured",
    }
    stay_until = recovered.chart["earliest_discharge_at"]
    assert found["minimum_stay"]["needed"] == stay_until
    assert (found["oriented"]["met"], found["oriented"]["value"]) == (False, None)
    assert found["spo2"]["needed"] == PACK.discharge.spo2_at_least_percent
    assert "line_removed" not in found
    assert found["waste_reconciled"]["met"]


def test_what_was_seen_is_kept_and_added_to(recovered: Patient) -> None:
    see(recovered, oriented=True, walks_unaided=False)
    answer = see(recovered, walks_unaided=True, aldrete={"activity": 2})

    found = checklist(recovered)
    assert (found["oriented"]["met"], found["walks_unaided"]["met"]) == (True, True)
    assert answer["ready"] is False
    assert answer["seen"]["oriented"] is True
    assert answer["seen"]["mood_safe"] is None
    # A part of the score is kept, and is no score.
    assert answer["seen"]["aldrete"] == {"activity": 2}
    assert found["aldrete"]["met"] is False


def test_that_all_is_met_is_told_once(day: Day, recovered: Patient) -> None:
    seen = {
        name: said for name, said in CHECKLIST.items() if not name.startswith("escort")
    }

    answer = see(recovered, **seen)
    see(recovered, oriented=True)

    assert answer["ready"] is True
    assert len(day.told("discharge.criteria_met")) == 1
    assert recovered.chart["criteria_met_at"] == day.lab.clock().isoformat()
    recovered.discharge()
    assert len(day.told("discharge.criteria_met")) == 1


def test_what_was_seen_before_counts_at_the_discharge(recovered: Patient) -> None:
    see(recovered, mood_safe=True, aldrete=CHECKLIST["aldrete"])

    done = recovered.discharge(mood_safe=None, aldrete=None)

    assert done["status"] == "discharged"
    assert recovered.chart["discharge"]["mood_safe"] is True


def test_nobody_leaves_with_an_escort_who_has_no_name(recovered: Patient) -> None:
    problem = refused_discharge(recovered, escort_name=None)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == "#/escort_name"


def test_each_criterion_is_overridden_for_a_reason_of_its_own(
    day: Day, recovered: Patient
) -> None:
    body = {**CHECKLIST, "walks_unaided": False, "nausea_tolerable": False}
    path = f"{recovered.path}/discharge"

    one = recovered.refused(
        "discharge", **body, overrides={"walks_unaided": "uses a wheelchair"}
    )
    day.prescriber.post(
        NAME,
        path,
        **body,
        overrides={
            "walks_unaided": "uses a wheelchair",
            "nausea_tolerable": "as every day",
        },
    )

    assert one["unmet"] == ["nausea_tolerable"]
    kept = recovered.chart["discharge"]
    assert kept["unmet"] == ["walks_unaided", "nausea_tolerable"]
    assert kept["overrides"]["nausea_tolerable"] == "as every day"
    assert kept["override_reason"] is None


@pytest.mark.parametrize("part", [-1, 3, 1.5, "2", None])
def test_each_part_of_the_score_is_0_to_2(recovered: Patient, part: object) -> None:
    score = {**CHECKLIST["aldrete"], "activity": part}

    problem = recovered.refused("discharge-checklist", aldrete=score)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == "#/aldrete/activity"


def pass_minutes(day: Day, count: float) -> None:
    """Let time pass, and the reminders of that time be heard."""
    day.lab.clock.advance(minutes=count)
    day.lab.settle()


def test_a_missing_escort_is_asked_for_until_the_last_role(
    day: Day, recovered: Patient
) -> None:
    path = f"{recovered.path}/escort-missing"
    noted = day.monitor.post(NAME, path)
    day.monitor.post(NAME, path)
    for _ in range(4):
        pass_minutes(day, 30)

    told = [(one.level, one.role) for one in day.told("escort.missing")]
    assert told == [(0, "monitor"), (1, "prescriber"), (2, "clinic_admin")]
    at = noted["escort_missing_at"]
    assert recovered.chart["escort_missing_at"] == at


def test_once_the_patient_has_left_nobody_looks_for_an_escort(
    day: Day, recovered: Patient
) -> None:
    day.monitor.post(NAME, f"{recovered.path}/escort-missing")
    recovered.discharge()

    pass_minutes(day, 90)

    assert len(day.told("escort.missing")) == 1


def test_before_a_dose_no_escort_is_missed_here(day: Day) -> None:
    patient = day.patient().here().open()

    problem = patient.refused("escort-missing", by=day.monitor)

    assert (problem["status"], problem["code"]) == (409, "wrong_state")


def test_an_emergency_is_written_down_with_its_times(
    day: Day, recovered: Patient
) -> None:
    path = f"{recovered.path}/emergency"
    called_at = day.lab.clock()
    day.lab.clock.advance(minutes=2)
    day.therapist.post(NAME, path, step="ambulance_there", note="two paramedics")
    day.therapist.post(NAME, path, step="emergency_called", done_at=called_at)

    card = day.monitor.get(NAME, path)

    steps = [(one["step"], one["done_at"]) for one in card["entries"]]
    assert steps == [
        ("ambulance_there", day.lab.clock().isoformat()),
        ("emergency_called", called_at.isoformat()),
    ]
    assert card["call"][0]["name"] == "Emergency services"
    did = {one["staff_id"]: one["did"] for one in card["team"]}
    assert did[str(day.ids[Role.MONITOR])] == ["opened", "prechecked", "gave"]
    assert did[str(day.ids[Role.PRESCRIBER])] == ["authorised"]
    assert card["last_vitals"]["moaas"] == 5
    told = [one.step for one in day.told("emergency.noted")]
    assert told == ["ambulance_there", "emergency_called"]


@pytest.mark.parametrize("minutes", [-24 * 60, 5])
def test_nothing_is_written_down_of_another_time(
    day: Day, recovered: Patient, minutes: float
) -> None:
    done_at = day.lab.clock() + timedelta(minutes=minutes)

    problem = recovered.refused(
        "emergency", step="team_called", done_at=done_at.isoformat()
    )

    assert problem["errors"][0]["pointer"] == "#/done_at"


def test_a_signed_record_takes_no_emergency_in(recovered: Patient) -> None:
    recovered.discharge()
    recovered.day.prescriber.post(NAME, f"{recovered.path}/sign")

    problem = recovered.refused("emergency", step="over")

    assert (problem["status"], problem["code"]) == (409, "record_locked")
