"""Who a patient is: put right, and two records of one patient made one."""

from typing import Any

import pytest

from services.intake.app import service
from shared.access import Role
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.intake.clinic_lab import ANN, CALM, Clinic, a_referral, all_clear, faults
from tests.intake.test_files import body as a_file


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Intake, on either kind of database."""
    return make_lab([service])


def register(clinic: Clinic, **different: Any) -> dict[str, Any]:
    """A patient whom the desk registered."""
    made: dict[str, Any] = clinic.desk.post("intake", "/patients", **ANN | different)
    return made


def merge(survivor: dict[str, Any], retired: dict[str, Any]) -> str:
    """Where it is said that two records are of one patient."""
    return f"/patients/{survivor['id']}/duplicates/{retired['id']}/merge"


def test_a_name_that_was_written_down_wrong_is_put_right(clinic: Clinic) -> None:
    patient = register(clinic, family_name="Exampel")
    path = f"/patients/{patient['id']}/identity"

    right = clinic.desk.post("intake", path, family_name="Example")
    again = clinic.desk.post("intake", path, family_name="Example")

    found = clinic.desk.post(
        "intake",
        "/patients/search",
        family_name="example",
        birth_date=ANN["birth_date"],
    )
    assert (right["given_name"], right["family_name"]) == ("Ann", "Example")
    assert right["version"] == again["version"] == patient["version"] + 1
    assert [one["id"] for one in found["items"]] == [patient["id"]]
    assert [one["patient_id"] for one in clinic.told("patient.corrected")] == [
        patient["id"]
    ]
    assert "Exampel" not in str(clinic.told("patient.corrected"))


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({}, "#"),
        ({"birth_date": "2990-01-01"}, "#/birth_date"),
        ({"birth_date": "1850-01-01"}, "#/birth_date"),
        ({"family_name": ""}, "#/family_name"),
        ({"email": "ann@example.org"}, "#/email"),
    ],
)
def test_what_cannot_be_right_is_refused(
    clinic: Clinic, said: dict[str, str], pointer: str
) -> None:
    patient = register(clinic)

    problem = clinic.desk.refused(
        "intake", f"/patients/{patient['id']}/identity", **said
    )

    assert problem["status"] == 422
    assert [one.removesuffix("/_schema") for one in faults(problem)] == [pointer]
    assert clinic.told("patient.corrected") == []


def test_a_birth_date_that_makes_a_patient_too_young_ends_a_standing_yes(
    clinic: Clinic,
) -> None:
    patient = register(clinic)
    episode_id = patient["episode_id"]
    for code in CALM:
        clinic.answer(episode_id, code)
    answers = all_clear()
    answers.pop("age_years", None)
    clinic.therapist.post(
        "intake", f"/episodes/{episode_id}/safety-screen", answers=answers
    )
    clinic.decide(episode_id)

    path = f"/patients/{patient['id']}/identity"
    clinic.desk.post("intake", path, birth_date="1985-05-01")
    harmless = clinic.show(episode_id)["status"]
    clinic.desk.post("intake", path, birth_date="2015-05-01")

    assert harmless == "eligible"
    assert clinic.show(episode_id)["status"] == "in_review"
    assert len(clinic.told("eligibility.lapsed")) == 1


def test_two_records_of_one_patient_are_read_as_one(clinic: Clinic) -> None:
    sent = clinic.desk.post("intake", "/referrals", **a_referral())
    retired = {"id": sent["patient_id"], "episode_id": sent["episode_id"]}
    survivor = register(clinic)
    clinic.desk.post("intake", f"/patients/{retired['id']}/files", **a_file())
    link = clinic.desk.post("intake", f"/patients/{retired['id']}/links")

    merged = clinic.desk.post("intake", merge(survivor, retired))

    shown = clinic.therapist.get("intake", f"/patients/{survivor['id']}")
    closed = clinic.therapist.get("intake", f"/patients/{retired['id']}")
    kept = clinic.therapist.get("intake", f"/patients/{survivor['id']}/files")["items"]
    listed = clinic.desk.get("intake", "/patients")["items"]
    nobody = clinic.lab.nobody(clinic.id)
    assert merged["merged_into"] == survivor["id"]
    assert shown["merged"] == [retired["id"]]
    assert [one["id"] for one in shown["referrals"]] == [sent["referral_id"]]
    assert [one["code"] for one in shown["conditions"]] == ["370143000"]
    assert {one["episode_id"] for one in shown["episodes"]} == {
        survivor["episode_id"],
        retired["episode_id"],
    }
    assert [one["kind"] for one in kept] == ["ecg"]
    assert (closed["merged_into"], closed["status"]) == (survivor["id"], "withdrawn")
    assert [one["id"] for one in listed] == [survivor["id"]]
    assert clinic.desk.get("intake", "/duplicates")["items"] == []
    assert nobody.refused("intake", "/links/open", code=link["code"])["status"] == 404
    assert clinic.told("patient.merged") == [
        {"patient_id": retired["id"], "into_id": survivor["id"]}
    ]
    assert [one["reason_code"] for one in clinic.told("episode.closed")] == [
        "registered_twice"
    ]


def test_nothing_is_written_on_a_record_that_was_closed(clinic: Clinic) -> None:
    survivor, retired = register(clinic), register(clinic)
    clinic.desk.post("intake", merge(survivor, retired))
    own = f"/patients/{retired['id']}"

    problems = [
        clinic.desk.refused("intake", merge(survivor, retired)),
        clinic.desk.refused("intake", f"{own}/identity", given_name="Bea"),
        clinic.desk.refused("intake", f"{own}/files", **a_file()),
    ]

    assert {one["status"] for one in problems} == {409}
    assert [one["code"] for one in problems[1:]] == ["already_merged"] * 2


def test_a_record_under_which_somebody_is_treated_is_not_closed(
    clinic: Clinic,
) -> None:
    survivor, eligible, treated, flagged = (register(clinic) for _ in range(4))
    for one in (eligible, treated):
        for code in CALM:
            clinic.answer(one["episode_id"], code)
        clinic.screen(one["episode_id"])
        clinic.decide(one["episode_id"])
    clinic.fulfil(treated["episode_id"])
    clinic.answer(flagged["episode_id"], "phq9", q9=1)

    codes = [
        clinic.desk.refused("intake", merge(survivor, one))["code"]
        for one in (eligible, treated, flagged)
    ]

    assert codes == ["episode_under_way", "treated_under_both", "safety_flag_open"]
    assert clinic.told("patient.merged") == []


def test_only_who_are_alike_are_made_one_and_only_in_one_clinic(
    clinic: Clinic, lab: Lab
) -> None:
    one = register(clinic)
    other = register(
        clinic, family_name="Otherwise", birth_date="1970-01-01", email=None
    )
    elsewhere = Clinic(lab)
    theirs = register(elsewhere)

    unlike = clinic.desk.refused("intake", merge(one, other))
    foreign = clinic.desk.refused("intake", merge(one, theirs))
    itself = clinic.desk.refused("intake", merge(one, one))
    role = clinic.therapist.refused("intake", merge(one, other))

    assert (unlike["code"], itself["code"]) == ("not_alike", "not_alike")
    assert (foreign["status"], role["status"]) == (404, 403)


def test_the_front_desk_puts_right_who_a_patient_is_and_others_do_not(
    clinic: Clinic,
) -> None:
    path = f"/patients/{register(clinic)['id']}/identity"

    for role in (Role.THERAPIST, Role.MONITOR, Role.INTEGRATOR):
        problem = clinic.caller(role).refused("intake", path, given_name="Bea")
        assert problem["status"] == 403
