"""Medical clearances: what they rest on, and when they do not hold any more."""

from typing import Any

import pytest

from shared.access import Role
from shared.testing.lab import Lab
from tests.intake.clinic_lab import ANN, CONSENT, Clinic, faults
from tests.intake.test_files import body as a_file

FOUND: dict[str, Any] = {
    "note": "Fit.",
    "vitals": {"systolic_mmhg": 128, "diastolic_mmhg": 82, "weight_kg": 71.5},
    "labs": [
        {
            "code": "1742-6",
            "name": "ALT",
            "value": 31.0,
            "unit": "U/L",
            "taken_on": "2026-02-20",
            "is_abnormal": False,
        }
    ],
    "pdmp": {"state": "us-il", "asked_on": "2026-03-01", "outcome": "consistent"},
}


def clear(clinic: Clinic, episode: str, **found: Any) -> Any:
    path = f"/episodes/{episode}/clearances"
    return clinic.prescriber.post("intake", path, **found)


def lapse(clinic: Clinic, clearance: str, cause: str = "ecg") -> Any:
    path = f"/clearances/{clearance}/lapse"
    return clinic.prescriber.post("intake", path, cause=cause)


def test_a_clearance_keeps_what_it_rests_on(clinic: Clinic) -> None:
    episode = clinic.episode()
    clear(clinic, episode, **FOUND)

    (shown,) = clinic.show(episode)["clearances"]

    assert shown["holds"]
    rests_on = {name: FOUND[name] for name in ("vitals", "labs", "pdmp")}
    assert shown["findings"] == {**rests_on, "file_ids": []}


def test_no_finding_is_in_an_event(clinic: Clinic) -> None:
    clear(clinic, clinic.episode(), **FOUND)

    (told,) = clinic.told("clearance.granted")
    assert told.keys() == {"patient_id", "episode_id", "clearance_id", "valid_until"}


@pytest.mark.parametrize(
    ("found", "pointer"),
    [
        ({"vitals": {"systolic_mmhg": 900}}, "#/vitals/systolic_mmhg"),
        ({"vitals": {"shoe_size": 42}}, "#/vitals/shoe_size"),
        (
            {"pdmp": {"state": "us-il", "asked_on": "x", "outcome": "consistent"}},
            "#/pdmp/asked_on",
        ),
        ({"labs": [{}]}, "#/labs/0/code"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    clinic: Clinic, found: dict[str, Any], pointer: str
) -> None:
    path = f"/episodes/{clinic.episode()}/clearances"

    answer = clinic.prescriber.request("POST", "intake", path, found)

    assert answer.status_code == 422
    assert pointer in faults(answer.get_json())


def test_nobody_is_cleared_on_vital_signs_that_allow_no_dose(clinic: Clinic) -> None:
    path = f"/episodes/{clinic.episode()}/clearances"
    found = {"vitals": {"systolic_mmhg": 190, "diastolic_mmhg": 80}}

    answer = clinic.prescriber.request("POST", "intake", path, found)

    said = answer.get_json()
    assert (answer.status_code, said["code"]) == (409, "unfit")
    assert said["measures"] == ["systolic_mmhg"]
    assert clinic.told("clearance.granted") == []


def test_a_clearance_lapses_by_itself_once_also_after_a_time_when_nothing_ran(
    clinic: Clinic,
) -> None:
    episode = clinic.episode()
    clear(clinic, episode)

    clinic.wait(days=89)
    assert clinic.told("clearance.lapsed") == []
    clinic.wait(days=30)
    clinic.wait(days=30)

    (told,) = clinic.told("clearance.lapsed")
    assert told["cause_code"] == "expired"
    assert not clinic.show(episode)["clearances"][0]["holds"]


def test_a_clearance_that_was_renewed_does_not_lapse(clinic: Clinic) -> None:
    episode = clinic.episode()
    clear(clinic, episode)
    clinic.wait(days=60)
    clear(clinic, episode)

    clinic.wait(days=40)

    assert clinic.told("clearance.lapsed") == []


def test_a_prescriber_ends_every_clearance_and_only_a_coarse_cause_is_told(
    clinic: Clinic,
) -> None:
    episode = clinic.episode()
    first = clear(clinic, episode)["id"]
    clear(clinic, episode)

    said = lapse(clinic, first, "hospital_stay")

    assert said["lapse_cause"] == "hospital_stay"
    told = clinic.told("clearance.lapsed")
    assert [one["cause_code"] for one in told] == ["clinical", "clinical"]
    assert not any(one["holds"] for one in clinic.show(episode)["clearances"])


def test_what_is_over_does_not_lapse_again(clinic: Clinic) -> None:
    episode = clinic.episode()
    clearance = clear(clinic, episode)["id"]
    lapse(clinic, clearance)

    answer = clinic.prescriber.request(
        "POST", "intake", f"/clearances/{clearance}/lapse", {"cause": "ecg"}
    )

    assert (answer.status_code, answer.get_json()["code"]) == (409, "clearance_over")
    clinic.wait(days=120)
    assert len(clinic.told("clearance.lapsed")) == 1


def test_nobody_says_that_a_clearance_expired(clinic: Clinic) -> None:
    clearance = clear(clinic, clinic.episode())["id"]

    answer = clinic.prescriber.request(
        "POST", "intake", f"/clearances/{clearance}/lapse", {"cause": "expired"}
    )

    assert answer.status_code == 422


def test_only_a_prescriber_of_the_clinic_ends_a_clearance(
    clinic: Clinic, lab: Lab
) -> None:
    clearance = clear(clinic, clinic.episode())["id"]
    path, body = f"/clearances/{clearance}/lapse", {"cause": "ecg"}

    for caller, status in (
        (clinic.therapist, 403),
        (Clinic(lab).caller(Role.PRESCRIBER), 404),
    ):
        assert caller.request("POST", "intake", path, body).status_code == status


def test_a_lapsed_clearance_ends_readiness(clinic: Clinic) -> None:
    episode = clinic.eligible()
    clearance = clear(clinic, episode)["id"]
    clinic.desk.post(
        "intake",
        f"/episodes/{episode}/consents",
        **CONSENT,
    )
    assert clinic.show(episode)["stage"] == "ready_to_start"

    lapse(clinic, clearance)

    assert clinic.show(episode)["stage"] == "onboarding"
    (lost,) = clinic.told("readiness.lost")
    assert lost["missing"] == ["clearance.medical"]


def test_a_clearance_rests_on_files_of_the_patient(clinic: Clinic) -> None:
    episode = clinic.eligible()
    patient = clinic.show(episode)["patient_id"]
    files = f"/patients/{patient}/files"
    ecg, struck = (clinic.desk.post("intake", files, **a_file()) for _ in range(2))
    clinic.desk.post("intake", f"{files}/{struck['id']}/strike", reason="Mistaken.")
    other = clinic.desk.post("intake", "/patients", **ANN)["id"]
    foreign = clinic.desk.post("intake", f"/patients/{other}/files", **a_file())
    path = f"/episodes/{episode}/clearances"

    granted = clinic.prescriber.post("intake", path, file_ids=[ecg["id"]])
    problems = [
        clinic.prescriber.refused("intake", path, file_ids=[ecg["id"], wrong["id"]])
        for wrong in (struck, foreign)
    ]

    assert granted["findings"]["file_ids"] == [ecg["id"]]
    assert [list(faults(one)) for one in problems] == [["#/file_ids/1"]] * 2
