"""Referrals over HTTP."""

from typing import Any

import pytest

from shared.access import Role
from shared.testing.lab import Lab
from tests.intake.clinic_lab import ANN, Clinic, a_referral, faults


def test_a_referral_makes_a_patient_and_an_episode(clinic: Clinic) -> None:
    answer = clinic.desk.request("POST", "intake", "/referrals", a_referral())

    made = answer.get_json()
    assert (answer.status_code, made["outcome"]) == (201, "created")
    patient = clinic.therapist.get("intake", f"/patients/{made['patient_id']}")
    assert patient["episode_id"] == made["episode_id"]
    assert [one["display"] for one in patient["conditions"]] == ["MDD"]
    assert [one["code"] for one in patient["medications"]] == ["1", "2"]
    assert patient["coverages"] == [{"payer": "Example Health", "member_id": None}]
    (referral,) = patient["referrals"]
    assert referral["id"] == made["referral_id"]
    assert referral["identifier_value"] == "4711"
    assert clinic.told("referral.received") == [
        {
            "referral_id": made["referral_id"],
            "patient_id": made["patient_id"],
            "source_type": "ehr_export",
        }
    ]
    assert len(clinic.told("patient.registered")) == 1


def test_a_referral_that_is_known_changes_nothing(clinic: Clinic) -> None:
    first = clinic.desk.post("intake", "/referrals", **a_referral())
    assert first.pop("possible_duplicates") == []

    other = a_referral(conditions=[], source_type="fax")
    answer = clinic.desk.request("POST", "intake", "/referrals", other)

    assert answer.status_code == 200
    assert answer.get_json() == {**first, "outcome": "already_known"}
    assert len(clinic.told("referral.received")) == 1
    assert len(clinic.told("patient.registered")) == 1


def test_the_same_number_in_another_system_or_clinic_is_another_referral(
    clinic: Clinic, lab: Lab
) -> None:
    clinic.desk.post("intake", "/referrals", **a_referral())
    moved = a_referral(identifier={"system": "urn:other", "value": "4711"})

    elsewhere = Clinic(lab).desk.post("intake", "/referrals", **a_referral())
    in_other_system = clinic.desk.post("intake", "/referrals", **moved)

    assert elsewhere["outcome"] == in_other_system["outcome"] == "created"


def test_a_referral_answered_once_is_answered_the_same_again(clinic: Clinic) -> None:
    key = {"Idempotency-Key": "row-1"}
    body = a_referral()

    first = clinic.desk.request("POST", "intake", "/referrals", body, headers=key)
    again = clinic.desk.request("POST", "intake", "/referrals", body, headers=key)

    assert (again.status_code, again.get_json()) == (201, first.get_json())


def test_a_referral_may_name_a_letter_and_leave_out_what_is_not_known(
    clinic: Clinic,
) -> None:
    body = a_referral(letter_reference="letters/1.pdf")
    for name in ("conditions", "medications", "coverages"):
        del body[name]

    made = clinic.desk.post("intake", "/referrals", **body)

    patient = clinic.desk.get("intake", f"/patients/{made['patient_id']}")
    assert patient["referrals"][0]["letter_reference"] == "letters/1.pdf"
    assert patient["conditions"] == patient["coverages"] == []


@pytest.mark.parametrize(
    ("pointer", "different"),
    [
        ("#/source_type", {"source_type": "Fax!"}),
        ("#/identifier/value", {"identifier": {"system": "urn:x", "value": " "}}),
        ("#/identifier", {"identifier": None}),
        ("#/patient/email", {"patient": {**ANN, "email": "ann"}}),
        ("#/patient/birth_date", {"patient": {**ANN, "birth_date": "2026-03-03"}}),
        ("#/patient/time_zone", {"patient": {**ANN, "time_zone": "Mars/Olympus"}}),
        ("#/patient/channel", {"patient": {**ANN, "channel": "email"}}),
        ("#/conditions/0/code", {"conditions": [{"system": "a", "display": "b"}]}),
        ("#/conditions", {"conditions": "none"}),
        ("#/coverages", {"coverages": [{"payer": "p"}] * 201}),
    ],
)
def test_a_referral_that_does_not_fit_is_refused(
    clinic: Clinic, pointer: str, different: dict[str, Any]
) -> None:
    problem = clinic.desk.refused("intake", "/referrals", **a_referral(**different))

    assert problem["status"] == 422
    assert list(faults(problem)) == [pointer]
    assert clinic.told("referral.received") == []


def test_machines_may_send_referrals_and_clinicians_may_not(clinic: Clinic) -> None:
    sent = clinic.caller(Role.INTEGRATOR).post("intake", "/referrals", **a_referral())
    refused = clinic.therapist.refused("intake", "/referrals", **a_referral())

    assert sent["outcome"] == "created"
    assert refused["status"] == 403


def test_both_answers_to_a_referral_are_documented(lab: Lab) -> None:
    client = lab.platform.apps["intake"].test_client()

    paths = client.get("/intake/openapi.json").get_json()["paths"]

    answers = paths["/intake/v1/clinics/{clinic_id}/referrals"]["post"]["responses"]
    assert answers["200"]["content"] == answers["201"]["content"]
