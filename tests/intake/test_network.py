"""Patients whom several clinics of the network know: noticed, and handed on."""

from typing import Any

import pytest

from services.intake.app import service
from services.intake.pumps.network import carry_transfers, compare_patients
from shared.access import Role
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.intake.clinic_lab import ANN, CALM, Clinic, consent, faults
from tests.intake.test_files import PDF
from tests.intake.test_files import body as a_file


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Intake, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def elsewhere(clinic: Clinic) -> Clinic:
    """Another clinic of the network."""
    return Clinic(clinic.lab, time_zone="Europe/London")


def register(clinic: Clinic, **different: Any) -> dict[str, Any]:
    """A patient whom the desk registered."""
    made: dict[str, Any] = clinic.desk.post("intake", "/patients", **ANN | different)
    return made


def matches(clinic: Clinic) -> list[dict[str, Any]]:
    """Who is to be asked, once patients were compared."""
    compare_patients(clinic.lab.runtime("intake"))
    found: list[dict[str, Any]] = clinic.desk.get("intake", "/matches")["items"]
    return found


def test_both_clinics_learn_that_somebody_is_known_elsewhere_and_no_more(
    clinic: Clinic, elsewhere: Clinic
) -> None:
    here = register(clinic)
    there = register(elsewhere, family_name="EXAMPLE ", email="other@example.org")
    register(clinic, given_name="Bea")

    (mine,), (theirs,) = matches(clinic), matches(elsewhere)

    assert (mine["patient_id"], theirs["patient_id"]) == (here["id"], there["id"])
    found = clinic.told("match.found")
    (event,) = (one for one in found if one["patient_id"] == here["id"])
    told = f"{mine} {event}"
    assert there["id"] not in told
    assert str(elsewhere.id) not in told


def test_nobody_is_matched_within_a_clinic_or_for_a_name_alone(
    clinic: Clinic, elsewhere: Clinic
) -> None:
    register(clinic)
    register(clinic)
    register(elsewhere, birth_date="1985-05-01")
    register(elsewhere, given_name="Anna")

    assert matches(clinic) == matches(elsewhere) == []


def test_a_match_is_found_once_and_again_only_after_a_name_was_put_right(
    clinic: Clinic, elsewhere: Clinic
) -> None:
    register(clinic)
    wrong = register(elsewhere, given_name="Anne")
    before = matches(clinic)
    path = f"/patients/{wrong['id']}/identity"

    elsewhere.desk.post("intake", path, given_name="Ann")
    once = matches(clinic)
    twice = matches(clinic)

    assert before == []
    assert len(once) == 1
    assert once == twice
    assert len(clinic.told("match.found")) == 2


def test_the_other_clinic_is_named_only_after_the_patient_said_yes(
    clinic: Clinic, elsewhere: Clinic
) -> None:
    register(clinic)
    register(elsewhere)
    (mine,), (theirs,) = matches(clinic), matches(elsewhere)

    yes = clinic.desk.post("intake", f"/matches/{mine['id']}/answer", is_same=True)
    no = elsewhere.desk.post("intake", f"/matches/{theirs['id']}/answer", is_same=False)
    again = clinic.desk.refused("intake", f"/matches/{mine['id']}/answer", is_same=True)

    assert yes["other_clinic_id"] == str(elsewhere.id)
    assert no["other_clinic_id"] is None
    assert (again["status"], again["code"]) == (409, "match_answered")
    assert matches(clinic) == matches(elsewhere) == []


def test_who_was_erased_matches_nobody(clinic: Clinic, elsewhere: Clinic) -> None:
    erased = register(clinic)
    clinic.caller(Role.CLINIC_ADMIN).post(
        "intake", f"/patients/{erased['id']}/erase", reason="Asked for."
    )
    register(elsewhere)

    assert matches(elsewhere) == []


def test_a_match_is_no_business_of_another_clinic(
    clinic: Clinic, elsewhere: Clinic
) -> None:
    register(clinic)
    register(elsewhere)
    (mine,) = matches(clinic)

    problem = elsewhere.desk.refused(
        "intake", f"/matches/{mine['id']}/answer", is_same=True
    )

    assert problem["status"] == 404


def ready_to_go(clinic: Clinic) -> dict[str, Any]:
    """A patient with a history who consents to sharing it."""
    patient = register(clinic, phone="+1 312 555 0100")
    episode = f"/episodes/{patient['episode_id']}"
    clinic.answer(patient["episode_id"], "phq9")
    clinic.desk.post("intake", f"{episode}/consents", **consent("sharing"))
    for name, status in (("Sertraline", None), ("Aspirin", "stopped")):
        entry = clinic.therapist.post(
            "intake",
            f"{episode}/medication-list",
            kind="medication",
            name=name,
            source="patient",
        )
        if status:
            path = f"/medication-list/{entry['id']}/status"
            clinic.therapist.post("intake", path, status=status)
    clinic.desk.post("intake", f"/patients/{patient['id']}/files", **a_file())
    return patient


def transfer(clinic: Clinic, patient: dict[str, Any], to: Clinic) -> Any:
    """A prescriber hands a patient on."""
    path = f"/episodes/{patient['episode_id']}/transfer"
    return clinic.prescriber.post("intake", path, to_clinic_id=to.id)


def test_a_patient_goes_on_at_another_clinic_with_what_may_be_shared(
    clinic: Clinic, elsewhere: Clinic, lab: Lab
) -> None:
    patient = ready_to_go(clinic)

    sent = transfer(clinic, patient, elsewhere)
    arrived = carry_transfers(lab.runtime("intake"))

    (listed,) = elsewhere.desk.get("intake", "/patients")["items"]
    path = f"/patients/{listed['id']}"
    shown = elsewhere.therapist.get("intake", path)
    files = elsewhere.therapist.get("intake", f"{path}/files")["items"]
    medication = elsewhere.therapist.get(
        "intake", f"/episodes/{listed['episode_id']}/medication-list"
    )["items"]
    (done,) = clinic.prescriber.get("intake", "/transfers")["items"]
    assert (arrived, sent["received_at"]) == (1, None)
    assert done["received_at"] is not None
    assert clinic.show(patient["episode_id"])["status"] == "transferred"
    assert [one["outcome"] for one in clinic.told("episode.closed")] == ["transferred"]
    assert clinic.told("patient.transferred")[0]["to_clinic_id"] == str(elsewhere.id)
    assert (listed["given_name"], listed["phone"], listed["status"]) == (
        "Ann",
        "+1 312 555 0100",
        "registered",
    )
    assert [one["source_type"] for one in shown["referrals"]] == ["transfer"]
    assert [one["kind"] for one in files] == ["ecg", "transfer_summary"]
    assert [(one["name"], one["status"]) for one in medication] == [
        ("Sertraline", "proposed")
    ]
    link = elsewhere.therapist.post("intake", f"{path}/files/{files[0]['id']}/links")
    assert lab.fetch("intake", link["path"]).data == PDF


def test_a_transfer_arrives_once_however_often_it_is_carried(
    clinic: Clinic, elsewhere: Clinic, lab: Lab
) -> None:
    transfer(clinic, ready_to_go(clinic), elsewhere)
    runtime = lab.runtime("intake")

    counts = [carry_transfers(runtime) for _ in range(3)]

    assert counts == [1, 0, 0]
    assert len(elsewhere.desk.get("intake", "/patients")["items"]) == 1
    assert matches(elsewhere) == []


def test_nobody_is_handed_on_without_a_consent_that_holds(
    clinic: Clinic, elsewhere: Clinic
) -> None:
    patient = register(clinic)
    episode = f"/episodes/{patient['episode_id']}"
    signed = clinic.desk.post("intake", f"{episode}/consents", **consent("sharing"))
    clinic.desk.post("intake", f"/consents/{signed['id']}/withdraw")

    problem = clinic.prescriber.refused(
        "intake", f"{episode}/transfer", to_clinic_id=elsewhere.id
    )

    assert (problem["status"], problem["code"]) == (409, "sharing_not_consented")
    assert clinic.show(patient["episode_id"])["status"] == "registered"


def test_nobody_is_handed_on_to_nowhere_or_twice(
    clinic: Clinic, elsewhere: Clinic
) -> None:
    patient = ready_to_go(clinic)
    path = f"/episodes/{patient['episode_id']}/transfer"

    nowhere = clinic.prescriber.refused("intake", path, to_clinic_id=uuid7())
    here = clinic.prescriber.refused("intake", path, to_clinic_id=clinic.id)
    by_desk = clinic.desk.refused("intake", path, to_clinic_id=elsewhere.id)
    transfer(clinic, patient, elsewhere)
    twice = clinic.prescriber.refused("intake", path, to_clinic_id=elsewhere.id)

    assert list(faults(nowhere)) == list(faults(here)) == ["#/to_clinic_id"]
    assert by_desk["status"] == 403
    assert (twice["status"], twice["code"]) == (409, "wrong_state")


def test_an_ending_as_transferred_takes_a_transfer(clinic: Clinic) -> None:
    path = f"/episodes/{register(clinic)['episode_id']}/end"

    problem = clinic.prescriber.refused(
        "intake", path, outcome="transferred", reason_code="moved"
    )

    assert list(faults(problem)) == ["#/outcome"]


def test_answers_of_one_clinic_screen_nobody_at_another(
    clinic: Clinic, elsewhere: Clinic, lab: Lab
) -> None:
    patient = ready_to_go(clinic)
    for code in CALM:
        clinic.answer(patient["episode_id"], code)
    transfer(clinic, patient, elsewhere)
    carry_transfers(lab.runtime("intake"))

    (listed,) = elsewhere.desk.get("intake", "/patients")["items"]

    assert elsewhere.show(listed["episode_id"])["measures"] == []


def test_nobody_is_forgotten_on_the_way_to_another_clinic(
    clinic: Clinic, elsewhere: Clinic, lab: Lab
) -> None:
    patient = ready_to_go(clinic)
    transfer(clinic, patient, elsewhere)
    admin = clinic.caller(Role.CLINIC_ADMIN)
    path = f"/patients/{patient['id']}/erase"

    early = admin.refused("intake", path, reason="Asked for.")
    carry_transfers(lab.runtime("intake"))
    erased = admin.post("intake", path, reason="Asked for.")

    assert (early["status"], early["code"]) == (409, "transfer_under_way")
    assert erased["erased_at"] is not None
