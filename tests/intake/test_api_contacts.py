"""How a patient is reached, and whom to call, after the registration."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.intake.app import service
from services.intake.models import patients
from shared.access import Role
from shared.ids import uuid7
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab
from tests.intake.clinic_lab import ANN, Clinic, faults

SISTER = {"name": "Berta Beispiel", "relation": "sister", "phone": "+1 312 555 0199"}


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Intake, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def patient_id(clinic: Clinic) -> str:
    """Somebody with an address, a telephone and a sister."""
    made = clinic.desk.post(
        "intake",
        "/patients",
        **ANN,
        phone="+1 312 555 0100",
        emergency_contact=SISTER,
    )
    return str(made["id"])


def path(patient_id: object) -> str:
    """Where a contact is changed."""
    return f"/patients/{patient_id}/contact"


def test_whom_to_call_is_read_with_the_patient_and_not_in_the_list(
    clinic: Clinic, patient_id: str
) -> None:
    read = clinic.therapist.get("intake", f"/patients/{patient_id}")
    (listed,) = clinic.therapist.get("intake", "/patients")["items"]

    assert read["emergency_contact"] == SISTER
    assert "emergency_contact" not in listed


def test_whom_to_call_is_kept_sealed_and_gone_with_the_patient(
    clinic: Clinic, lab: Lab, patient_id: str
) -> None:
    with lab.runtime("intake").begin(EVERYTHING) as connection:
        kept = connection.execute(select(patients.c.emergency_contact)).scalar_one()
    admin = clinic.caller(Role.CLINIC_ADMIN)

    admin.post("intake", f"/patients/{patient_id}/erase", reason="Asked for it.")

    assert b"Berta" not in kept
    shown = admin.get("intake", f"/patients/{patient_id}")
    assert shown["emergency_contact"] is None


@pytest.mark.parametrize("missing", ["name", "relation", "phone"])
def test_whom_to_call_is_refused_without_all_of_it(
    clinic: Clinic, missing: str
) -> None:
    half = {name: value for name, value in SISTER.items() if name != missing}

    problem = clinic.desk.refused("intake", "/patients", **ANN, emergency_contact=half)

    assert list(faults(problem)) == [f"#/emergency_contact/{missing}"]


def test_what_a_change_does_not_name_stays(clinic: Clinic, patient_id: str) -> None:
    before = clinic.desk.get("intake", f"/patients/{patient_id}")

    made = clinic.desk.post("intake", path(patient_id), phone="+1 312 555 0177")

    after = clinic.desk.get("intake", f"/patients/{patient_id}")
    assert after == {**before, "version": 2, "phone": "+1 312 555 0177"}
    assert after.items() >= made.items()


def test_a_change_is_told_with_what_others_need_and_no_more(
    clinic: Clinic, patient_id: str
) -> None:
    clinic.desk.post(
        "intake",
        path(patient_id),
        email=None,
        channel="none",
        time_zone="Europe/Vienna",
        emergency_contact=None,
    )

    assert clinic.told("patient.changed") == [
        {"patient_id": patient_id, "time_zone": "Europe/Vienna", "channel": "none"}
    ]
    shown = clinic.desk.get("intake", f"/patients/{patient_id}")
    assert shown["email"] is shown["emergency_contact"] is None


def test_the_same_again_is_no_news(clinic: Clinic, patient_id: str) -> None:
    answer = clinic.desk.post(
        "intake", path(patient_id), email=ANN["email"], emergency_contact=SISTER
    )

    assert answer["version"] == 1
    assert clinic.told("patient.changed") == []


def test_a_patient_is_found_by_the_new_contact_and_not_by_the_old(
    clinic: Clinic, patient_id: str
) -> None:
    def found(**asked: str) -> list[str]:
        answer = clinic.desk.post("intake", "/patients/search", **asked)
        return [one["id"] for one in answer["items"]]

    clinic.desk.post("intake", path(patient_id), email="new@example.org", phone=None)

    assert found(email="new@example.org") == [patient_id]
    assert found(family_name="Example", birth_date=str(ANN["birth_date"])) == [
        patient_id
    ]
    assert found(email=str(ANN["email"])) == found(phone="+1 312 555 0100") == []


@pytest.mark.parametrize(
    ("pointer", "body"),
    [
        ("#/email", {"email": None}),
        ("#/email", {"email": "ann"}),
        ("#/time_zone", {"time_zone": "Mars/Olympus"}),
        ("#/time_zone", {"time_zone": None}),
        ("#/channel", {"channel": "pigeon"}),
        ("#/given_name", {"given_name": "Anna"}),
        ("#/phone", {"phone": " "}),
        ("#/emergency_contact/_schema", {"emergency_contact": "my sister"}),
        ("#/_schema", {}),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(
    clinic: Clinic, patient_id: str, pointer: str, body: dict[str, Any]
) -> None:
    before = clinic.desk.get("intake", f"/patients/{patient_id}")

    problem = clinic.desk.refused("intake", path(patient_id), **body)

    assert (problem["status"], list(faults(problem))) == (422, [pointer])
    assert clinic.desk.get("intake", f"/patients/{patient_id}") == before
    assert clinic.told("patient.changed") == []


def test_a_change_decided_on_an_older_version_is_refused(
    clinic: Clinic, patient_id: str
) -> None:
    seen = {"If-Match": '"1"'}
    for status in (200, 412):
        answer = clinic.desk.request(
            "POST", "intake", path(patient_id), {"phone": f"+1 {status}"}, headers=seen
        )
        assert answer.status_code == status

    assert answer.get_json()["code"] == "stale_version"
    assert clinic.desk.get("intake", f"/patients/{patient_id}")["phone"] == "+1 200"


def test_nobody_elsewhere_and_no_monitor_changes_a_contact(
    clinic: Clinic, lab: Lab, patient_id: str
) -> None:
    monitor = clinic.caller(Role.MONITOR)

    elsewhere = Clinic(lab).desk.refused("intake", path(patient_id), phone="1")
    unknown = clinic.desk.refused("intake", path(uuid7()), phone="1")
    refused = monitor.refused("intake", path(patient_id), phone="1")

    assert elsewhere["code"] == unknown["code"] == "not_found"
    assert refused["code"] == "forbidden"


def test_the_contact_of_an_erased_patient_stays_gone(
    clinic: Clinic, patient_id: str
) -> None:
    admin = clinic.caller(Role.CLINIC_ADMIN)
    admin.post("intake", f"/patients/{patient_id}/erase", reason="Asked for it.")

    problem = admin.refused("intake", path(patient_id), email=ANN["email"])

    assert (problem["status"], problem["code"]) == (409, "already_erased")


def test_nobody_writes_to_the_dead_whatever_was_wanted(
    clinic: Clinic, lab: Lab, patient_id: str
) -> None:
    shown = clinic.desk.get("intake", f"/patients/{patient_id}")
    machine = lab.caller(Role.SERVICE, clinic_id=clinic.id)
    assert machine.get("intake", path(patient_id))["email"] == ANN["email"]

    clinic.prescriber.post(
        "intake",
        f"/episodes/{UUID(shown['episode_id'])}/end",
        outcome="deceased",
        reason_code="deceased",
    )

    reached = machine.get("intake", path(patient_id))
    assert (reached["channel"], reached["email"]) == ("none", None)
    problem = clinic.desk.refused("intake", path(patient_id), channel="none")
    assert (problem["status"], problem["code"]) == (409, "wrong_state")
