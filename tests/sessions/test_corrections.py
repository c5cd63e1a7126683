"""Readings that were entered wrongly, entered late, or sent by a device."""

from datetime import timedelta
from typing import Any

import pytest

from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.sessions.clinic_day import CALM, NAME, Day, Patient, dose_body, refused


def reverse(patient: Patient, reading: dict[str, Any], **said: Any) -> Any:
    """The monitor strikes a reading."""
    body = {"reason_code": "wrong_patient", "reason": "of the next room", **said}
    path = f"{patient.path}/vitals/{reading['id']}/reverse"
    return patient.day.monitor.post(NAME, path, **body)


def test_a_reversed_reading_stays_on_the_chart_as_it_was(day: Day) -> None:
    patient = day.patient().dosed()
    wrong = patient.vitals(systolic_mmhg=200)
    day.lab.clock.advance(minutes=1)

    done = reverse(patient, wrong)

    kept = patient.chart["vitals"][-1]
    assert {name: kept[name] for name in wrong} == wrong
    assert kept["reversed"] == done
    assert (done["reason_code"], done["reason"]) == (
        "wrong_patient",
        "of the next room",
    )
    (told,) = day.told("vitals.reversed")
    assert (str(told.vitals_id), told.reason_code) == (wrong["id"], "wrong_patient")


def test_a_reversed_reading_is_not_the_last_on_the_wall(day: Day) -> None:
    patient = day.patient().dosed()
    patient.vitals(heart_rate_bpm=71)
    wrong = patient.vitals(heart_rate_bpm=72)

    reverse(patient, wrong)

    (card,) = day.monitor.get(NAME, "/sessions", open="true")["items"]
    assert card["last_vitals"]["heart_rate_bpm"] == 71


def test_no_dose_rests_on_a_reversed_reading(day: Day) -> None:
    patient = day.patient().here().open()
    only = patient.vitals()
    patient.precheck()
    patient.authorise()

    reverse(patient, only)

    assert refused(patient, "doses", **dose_body()) == (409, "vitals_needed")
    assert patient.chart["baseline"] == {}


def test_the_baseline_is_of_the_readings_that_are_left(day: Day) -> None:
    patient = day.patient().here().open()
    wrong = patient.vitals(systolic_mmhg=90)
    patient.vitals(systolic_mmhg=130)

    reverse(patient, wrong)

    assert patient.chart["baseline"]["systolic_mmhg"] == 130


def test_the_wrong_patients_stop_is_checked_anew_and_not_for_ever(day: Day) -> None:
    patient = day.patient().here().open()
    wrong = patient.vitals(systolic_mmhg=190)
    patient.vitals()
    patient.precheck()
    patient.vitals(systolic_mmhg=190)

    reverse(patient, wrong)
    still = patient.refused("precheck", by=day.monitor, **_answers())
    reverse(patient, patient.chart["vitals"][-1])
    done = patient.precheck()

    assert still["code"] == "dose_stopped"
    assert done["outcome"] == "go"


def _answers() -> dict[str, bool]:
    return {
        "fasting": True,
        "pregnancy_excluded": True,
        "medication_changed": False,
        "sedative_taken": False,
    }


def test_a_reversed_reading_does_no_check(day: Day) -> None:
    patient = day.patient().dosed()
    day.lab.clock.advance(minutes=5)
    wrong = patient.vitals()
    assert patient.chart["checks"][0]["status"] == "done"

    reverse(patient, wrong)

    assert patient.chart["checks"][0]["status"] == "due"


def test_a_reading_is_reversed_once(day: Day) -> None:
    patient = day.patient().dosed()
    wrong = patient.vitals()
    reverse(patient, wrong)

    body: dict[str, Any] = {"reason_code": "entry_error"}
    problem = patient.refused(f"vitals/{wrong['id']}/reverse", **body)

    assert (problem["status"], problem["code"]) == (409, "already_reversed")


def test_a_reading_of_another_session_is_not_reversed_here(day: Day) -> None:
    other = day.patient().dosed().vitals()
    patient = day.patient().dosed()

    body: dict[str, Any] = {"reason_code": "entry_error"}
    problem = patient.refused(f"vitals/{other['id']}/reverse", **body)

    assert (problem["status"], problem["code"]) == (404, "not_found")


def test_a_signature_covers_what_was_reversed(day: Day) -> None:
    patient = day.patient().dosed()
    reverse(patient, patient.vitals(distress=4))
    day.prescriber.post(NAME, f"{patient.path}/abort", reason_code="unwell")
    day.prescriber.post(NAME, f"{patient.path}/sign")

    body: dict[str, Any] = {"reason_code": "entry_error"}
    reading = patient.chart["vitals"][0]
    problem = patient.refused(f"vitals/{reading['id']}/reverse", **body)

    assert (problem["status"], problem["code"]) == (409, "record_locked")
    assert patient.chart["signature_holds"] is True


def test_what_was_taken_offline_is_kept_after_the_session_ended(day: Day) -> None:
    patient = day.patient().dosed()
    taken_at = day.lab.clock.advance(minutes=5)
    day.lab.clock.advance(minutes=5)
    day.prescriber.post(NAME, f"{patient.path}/abort", reason_code="unwell")
    day.lab.clock.advance(minutes=5)

    late = {"taken_at": taken_at.isoformat(), "late_reason": "offline"}
    said = patient.vitals(**late)

    assert (said["taken_at"], said["late_reason"]) == tuple(late.values())
    assert refused(patient, "vitals", **CALM) == (409, "wrong_state")


def test_a_late_entry_of_before_the_dose_is_judged_by_its_own_limits(day: Day) -> None:
    patient = day.patient().here().open()
    before = day.lab.clock.now
    day.lab.clock.advance(minutes=1)
    patient.vitals()
    patient.precheck()
    patient.authorise()
    patient.give()

    said = patient.vitals(systolic_mmhg=145, taken_at=before.isoformat())

    assert (said["phase"], said["status"]) == ("before_dose", "amber")


@pytest.mark.parametrize(
    ("distress", "status"), [(6, "ok"), (7, "amber"), (8, "amber"), (9, "red")]
)
def test_distress_is_rated_like_any_measure(
    day: Day, distress: int, status: str
) -> None:
    patient = day.patient().dosed()

    said = patient.vitals(distress=distress)

    assert (said["distress"], said["status"]) == (distress, status)


@pytest.mark.parametrize("distress", [-1, 11, 4.5, "4"])
def test_distress_is_a_whole_number_of_its_scale(day: Day, distress: object) -> None:
    patient = day.patient().dosed()

    problem = patient.refused("vitals", **CALM, distress=distress)

    assert problem["errors"][0]["pointer"] == "#/distress"


def added(patient: Patient) -> dict[str, Any]:
    """A device at the bedside."""
    path = f"{patient.path}/devices"
    made: dict[str, Any] = patient.day.monitor.post(NAME, path, name="monitor_3")
    return made


def sends(patient: Patient, device: dict[str, Any], **said: Any) -> Any:
    """What a device is answered, without anybody's token."""
    nobody = patient.day.lab.nobody(patient.day.clinic_id)
    body = {**CALM, "code": device["code"], **said}
    return nobody.request("POST", NAME, "/device-readings", body)


def test_a_device_sends_readings_of_its_session(day: Day) -> None:
    patient = day.patient().dosed()
    device = added(patient)

    answer = sends(patient, device, heart_rate_bpm=88)

    assert answer.status_code == 201
    kept = patient.chart["vitals"][-1]
    assert (kept["heart_rate_bpm"], kept["source"]) == (88, "device")
    assert kept["device_id"] == kept["recorded_by"] == device["id"]
    assert patient.vitals()["source"] == "manual"
    assert [one["name"] for one in patient.chart["devices"]] == ["monitor_3"]
    assert "code" not in patient.chart["devices"][0]


def test_what_a_device_measures_raises_alerts_like_anything(day: Day) -> None:
    patient = day.patient().dosed()

    answer = sends(patient, added(patient), spo2_percent=89).get_json()

    assert (answer["status"], answer["alert_id"] is not None) == ("red", True)


def test_after_the_end_of_the_session_a_device_sends_nothing(day: Day) -> None:
    patient = day.patient().dosed()
    device = added(patient)
    patient.recover().discharge()

    answer = sends(patient, device)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "wrong_state")


def test_a_device_that_was_revoked_sends_nothing(day: Day) -> None:
    patient = day.patient().dosed()
    device = added(patient)
    path = f"{patient.path}/devices/{device['id']}/revoke"
    day.monitor.post(NAME, path)

    assert sends(patient, device).status_code == 404
    problem = day.monitor.refused(NAME, path)
    assert (problem["status"], problem["code"]) == (409, "already_ended")


def test_a_code_opens_nothing_in_another_clinic_nor_once_it_is_altered(
    lab: Lab, day: Day
) -> None:
    patient = day.patient().dosed()
    device = added(patient)
    body = {**CALM, "code": device["code"]}

    abroad = lab.nobody(uuid7()).request("POST", NAME, "/device-readings", body)
    altered = sends(patient, {"code": device["code"][:-1] + "-"})

    assert (abroad.status_code, altered.status_code) == (404, 404)


def test_a_device_measures_now_and_says_no_other_time(day: Day) -> None:
    patient = day.patient().dosed()
    earlier = day.lab.clock() - timedelta(minutes=2)

    answer = sends(patient, added(patient), taken_at=earlier.isoformat())

    assert answer.status_code == 422


def test_no_device_is_added_to_a_session_that_is_over(day: Day) -> None:
    patient = day.patient().dosed().recover()
    patient.discharge()

    assert refused(patient, "devices", name="monitor_3") == (409, "wrong_state")
