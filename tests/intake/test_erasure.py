"""Who a patient was is forgotten for good; what was done stays on record."""

import threading
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from services.intake.app import service
from services.intake.domain import Patient
from services.intake.models import distinctions, patients, referrals
from shared.access import Role
from shared.privacy.tables import person_keys
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab
from tests.intake.clinic_lab import ANN, CONSENT, Clinic, a_referral

REASON = "Asked for it in writing."
KNOWN = {**ANN, "phone": "+1 312 555 0100"}


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Intake, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def admin(clinic: Clinic) -> Caller:
    """Who may have somebody erased."""
    return clinic.caller(Role.CLINIC_ADMIN)


def referred(clinic: Clinic) -> str:
    """The id of a patient who was referred."""
    answer = clinic.desk.post(
        "intake",
        "/referrals",
        **a_referral(
            patient=KNOWN,
            letter_reference="letters/ann-example.pdf",
            coverages=[{"payer": "Sun Health", "member_id": "SH-4711"}],
        ),
    )
    return str(answer["patient_id"])


def erase(admin: Caller, patient_id: str, **headers: str) -> TestResponse:
    """Ask for a patient to be erased."""
    path = f"/patients/{patient_id}/erase"
    return admin.request("POST", "intake", path, {"reason": REASON}, headers=headers)


def test_nobody_can_tell_any_more_who_an_erased_patient_was(
    clinic: Clinic, admin: Caller
) -> None:
    patient_id = referred(clinic)
    before = admin.get("intake", f"/patients/{patient_id}")

    assert erase(admin, patient_id).status_code == 200

    after = admin.get("intake", f"/patients/{patient_id}")
    nobody = dict.fromkeys(("given_name", "family_name", "birth_date"))
    nobody |= dict.fromkeys(("email", "phone"))
    assert {name: after[name] for name in nobody} == nobody
    (referral,) = after["referrals"]
    assert referral["identifier_value"] is referral["letter_reference"] is None
    assert after["coverages"] == [{"payer": None, "member_id": None}]
    assert (after["status"], after["channel"]) == ("closed", "none")
    assert after["conditions"] == before["conditions"] != []
    assert admin.get("intake", "/patients")["items"][0]["family_name"] is None


def test_an_erased_patient_is_found_by_nothing_and_may_come_again(
    clinic: Clinic, admin: Caller, lab: Lab
) -> None:
    patient_id = referred(clinic)
    asked: list[dict[str, Any]] = [
        {"email": KNOWN["email"]},
        {"phone": KNOWN["phone"]},
        {"family_name": "Example", "birth_date": KNOWN["birth_date"]},
    ]
    for each in asked:
        assert admin.post("intake", "/patients/search", **each)["items"]

    erase(admin, patient_id)

    for each in asked:
        assert admin.post("intake", "/patients/search", **each)["items"] == []
    with lab.runtime("intake").begin(EVERYTHING) as connection:
        assert connection.execute(select(referrals.c.identifier_index)).scalars().all()
        kept = select(patients.c.name_index, patients.c.email_index)
        assert connection.execute(kept).one() == (None, None)
    assert referred(clinic) != patient_id


def test_the_key_is_gone_from_the_database(
    clinic: Clinic, admin: Caller, lab: Lab
) -> None:
    patient_id = referred(clinic)
    erase(admin, patient_id)

    with lab.runtime("intake").begin(EVERYTHING) as connection:
        row = connection.execute(select(person_keys)).one()

    assert row.patient_id == UUID(patient_id)
    assert (row.wrapped, row.data_key_id) == (b"", None)
    assert row.destroyed_at == lab.clock()


def test_it_is_told_once_and_with_the_id_only(clinic: Clinic, admin: Caller) -> None:
    patient_id = referred(clinic)

    erase(admin, patient_id)
    again = erase(admin, patient_id)

    assert clinic.told("patient.erased") == [{"patient_id": patient_id}]
    assert (again.status_code, again.get_json()["code"]) == (409, "already_erased")


def test_why_it_was_done_is_kept_sealed(
    clinic: Clinic, admin: Caller, lab: Lab
) -> None:
    erase(admin, referred(clinic))

    with lab.unit_of_work("intake", clinic.id) as uow:
        (patient,) = uow.all(select(Patient))
        raw = uow.connection.execute(text("select erased_because from patients"))
        sealed = bytes(raw.scalar_one())

    assert patient.erased_because == REASON
    assert REASON.encode() not in sealed


def test_who_may_be_treated_is_not_erased(clinic: Clinic, admin: Caller) -> None:
    episode_id = clinic.eligible()
    patient_id = clinic.show(episode_id)["patient_id"]

    answer = erase(admin, patient_id)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "episode_under_way")
    patient = admin.get("intake", f"/patients/{patient_id}")
    assert patient["given_name"] == ANN["given_name"]


def test_who_a_clinician_must_reach_is_not_erased(
    clinic: Clinic, admin: Caller
) -> None:
    episode_id = clinic.in_review()
    flag_id = clinic.alarm(episode_id)["safety_flag_id"]
    patient_id = clinic.show(episode_id)["patient_id"]

    refused = erase(admin, patient_id)
    clinic.therapist.post("intake", f"/safety-flags/{flag_id}/clear", note="Called.")

    code = refused.get_json()["code"]
    assert (refused.status_code, code) == (409, "safety_flag_open")
    assert erase(admin, patient_id).status_code == 200


def test_who_may_not_be_treated_or_waits_for_a_decision_can_be_erased(
    clinic: Clinic, admin: Caller
) -> None:
    waits, refused = clinic.in_review(), clinic.in_review()
    clinic.decide(refused, "ineligible", reason_codes=["other"])

    for episode_id in (waits, refused):
        patient_id = clinic.show(episode_id)["patient_id"]
        assert erase(admin, patient_id).status_code == 200
        shown = clinic.show(episode_id)
        assert (shown["status"], len(shown["measures"])) == ("closed", 3)


def test_nothing_new_is_put_on_the_record_of_an_erased_patient(
    clinic: Clinic, admin: Caller
) -> None:
    episode_id = clinic.in_review()
    erase(admin, clinic.show(episode_id)["patient_id"])

    path = f"/episodes/{episode_id}"
    screen = clinic.therapist.refused(
        "intake", f"{path}/safety-screen", answers={"age_years": 40}
    )
    decision = clinic.prescriber.refused(
        "intake", f"{path}/decision", decision="eligible"
    )
    consent = clinic.desk.refused(
        "intake",
        f"{path}/consents",
        **CONSENT,
    )

    for problem in (screen, decision, consent):
        assert (problem["status"], problem["code"]) == (409, "wrong_state")


@pytest.mark.parametrize(
    "role", [Role.FRONT_DESK, Role.THERAPIST, Role.PRESCRIBER, Role.MONITOR]
)
def test_only_an_administrator_of_the_clinic_erases(clinic: Clinic, role: Role) -> None:
    answer = erase(clinic.caller(role), referred(clinic))

    assert (answer.status_code, answer.get_json()["code"]) == (403, "forbidden")


def test_nobody_erases_a_patient_of_another_clinic(clinic: Clinic, lab: Lab) -> None:
    stranger = Clinic(lab).caller(Role.CLINIC_ADMIN)

    answer = erase(stranger, referred(clinic))

    assert answer.status_code == 404


def test_a_reason_is_needed(clinic: Clinic, admin: Caller) -> None:
    path = f"/patients/{referred(clinic)}/erase"

    for body in ({}, {"reason": "  "}, {"reason": None}):
        assert admin.refused("intake", path, **body)["status"] == 422


def test_an_answer_that_was_remembered_is_forgotten_and_nothing_is_done_twice(
    clinic: Clinic, admin: Caller
) -> None:
    olga = {**ANN, "family_name": "Otherwise", "email": "olga@example.org"}

    def register(key: str, person: dict[str, Any]) -> TestResponse:
        headers = {"Idempotency-Key": key}
        return clinic.desk.request(
            "POST", "intake", "/patients", person, headers=headers
        )

    ann, other = register("ann", ANN).get_json(), register("olga", olga).get_json()
    erase(admin, ann["id"])

    again = register("ann", ANN)

    assert (again.status_code, again.get_json()["code"]) == (409, "answer_erased")
    assert register("olga", olga).get_json() == other
    assert len(admin.get("intake", "/patients")["items"]) == 2


def test_nothing_tells_any_more_whom_an_erased_patient_was_like(
    clinic: Clinic, admin: Caller, lab: Lab
) -> None:
    def register(key: str) -> TestResponse:
        headers = {"Idempotency-Key": key}
        return clinic.desk.request("POST", "intake", "/patients", ANN, headers=headers)

    ann, like = register("ann").get_json(), register("like").get_json()
    third = clinic.desk.post("intake", "/patients", **ANN)
    for one, other in ((ann, like), (like, third)):
        path = f"/patients/{one['id']}/duplicates/{other['id']}/dismiss"
        clinic.desk.post("intake", path)

    erase(admin, ann["id"])

    assert register("like").get_json()["code"] == "answer_erased"
    with lab.runtime("intake").begin(EVERYTHING) as connection:
        kept = connection.execute(select(distinctions)).one()
    assert (str(kept.first_id), str(kept.second_id)) == (like["id"], third["id"])


def test_erasing_twice_under_one_key_is_erasing_once(
    clinic: Clinic, admin: Caller
) -> None:
    patient_id = referred(clinic)

    answers = [erase(admin, patient_id, **{"Idempotency-Key": "e"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].get_json() == answers[1].get_json()


def test_patients_are_erased_while_others_are_read_and_registered(
    clinic: Clinic, admin: Caller
) -> None:
    ids = [str(clinic.desk.post("intake", "/patients", **ANN)["id"]) for _ in range(12)]
    stop, faults = threading.Event(), list[tuple[int, str]]()

    def use() -> None:
        while not stop.is_set():
            for answer in (
                clinic.desk.request("GET", "intake", "/patients"),
                clinic.desk.request("POST", "intake", "/patients", ANN),
                clinic.desk.request("GET", "intake", f"/patients/{ids[-1]}"),
            ):
                if answer.status_code not in (200, 201):
                    faults.append((answer.status_code, answer.get_data(as_text=True)))

    users = [threading.Thread(target=use) for _ in range(3)]
    for user in users:
        user.start()
    erased = [erase(admin, patient_id).status_code for patient_id in ids]
    stop.set()
    for user in users:
        user.join()

    assert faults == []
    assert erased == [200] * 12
    after = [admin.get("intake", f"/patients/{each}") for each in ids]
    assert {each["family_name"] for each in after} == {None}
