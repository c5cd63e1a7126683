"""Questionnaires over HTTP: the product's, a clinic's own, and FHIR in and out."""

from typing import Any

import pytest

from shared.access import Role
from shared.ids import uuid7
from shared.instruments import INSTRUMENTS, fhir
from tests.intake.clinic_lab import CALM, Clinic, faults

SLEEP: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "name": "sleep",
    "version": "1",
    "title": "Sleep",
    "item": [
        {
            "linkId": f"q{n}",
            "text": f"Question {n}",
            "type": "choice",
            "answerOption": [{"valueInteger": value} for value in range(4)],
        }
        for n in (1, 2)
    ],
    "extension": [
        {
            "url": fhir.SCORING,
            "valueString": (
                '{"bands":[{"code":"good","lowest":0},{"code":"bad","lowest":3}],'
                '"alert_items":["q2"],"follow_up":"cssrs"}'
            ),
        }
    ],
}


def define(clinic: Clinic, **different: Any) -> Any:
    """The clinic's administrator defines a questionnaire."""
    resource = {**SLEEP, **different}
    return clinic.caller(Role.CLINIC_ADMIN).post(
        "intake", "/questionnaires", resource=resource
    )


def codes(clinic: Clinic) -> list[tuple[str, str, bool]]:
    """What can be asked in the clinic."""
    found = clinic.desk.get("intake", "/questionnaires")["items"]
    return [(one["code"], one["version"], one["is_own"]) for one in found]


def test_the_products_questionnaires_can_be_asked_everywhere(clinic: Clinic) -> None:
    assert codes(clinic) == [(code, "1", False) for code in INSTRUMENTS]


@pytest.mark.parametrize("code", INSTRUMENTS)
def test_each_is_given_out_as_fhir(clinic: Clinic, code: str) -> None:
    told = clinic.desk.get("intake", f"/questionnaires/{code}")["resource"]

    assert fhir.from_questionnaire(told) == INSTRUMENTS[code]


def test_a_questionnaire_nobody_defined_is_not_there(clinic: Clinic) -> None:
    problem = clinic.desk.refused("intake", "/questionnaires/sleep", method="GET")

    assert problem["code"] == "not_found"


def test_a_clinics_own_is_asked_scored_and_alarms(clinic: Clinic) -> None:
    define(clinic)
    episode_id = clinic.episode()

    answer = clinic.therapist.post(
        "intake",
        f"/episodes/{episode_id}/measures",
        instrument="sleep",
        context="intake",
        answers={"q1": 2, "q2": 1},
    )

    assert codes(clinic)[-1] == ("sleep", "1", True)
    assert (answer["total"], answer["band"]) == (3, "bad")
    assert (answer["alert"], answer["follow_up"]) == (True, "cssrs")
    assert [told["level"] for told in clinic.told("safety.flagged")] == ["item9"]


def test_a_further_version_is_asked_from_then_on_and_the_old_stays(
    clinic: Clinic,
) -> None:
    define(clinic)
    episode_id = clinic.episode()
    path = f"/episodes/{episode_id}/measures"
    asked = {"instrument": "sleep", "context": "intake"}
    old = clinic.therapist.post("intake", path, **asked, answers={"q1": 1, "q2": 0})

    define(clinic, version="2", item=SLEEP["item"][:1], extension=[])
    new = clinic.therapist.post("intake", path, **asked, answers={"q1": 1})

    assert (old["instrument_version"], new["instrument_version"]) == ("1", "2")
    told = clinic.therapist.get(
        "intake", f"/episodes/{episode_id}/questionnaire-responses/{old['id']}"
    )["resource"]
    assert told["questionnaire"] == f"{fhir.url_of('sleep')}|1"
    assert [one["linkId"] for one in told["item"]] == ["q1", "q2"]


def test_a_version_is_defined_once(clinic: Clinic) -> None:
    define(clinic)

    problem = clinic.caller(Role.CLINIC_ADMIN).refused(
        "intake", "/questionnaires", resource=SLEEP
    )

    assert (problem["status"], problem["code"]) == (409, "edition_exists")


def test_the_products_codes_are_taken(clinic: Clinic) -> None:
    problem = clinic.caller(Role.CLINIC_ADMIN).refused(
        "intake", "/questionnaires", resource={**SLEEP, "name": "phq9"}
    )

    assert (problem["status"], problem["code"]) == (409, "reserved_code")


def test_another_clinics_questionnaire_is_not_there(clinic: Clinic) -> None:
    define(clinic)
    elsewhere = clinic.lab.caller(Role.THERAPIST, clinic_id=uuid7())

    listed = elsewhere.get("intake", "/questionnaires")["items"]
    problem = elsewhere.refused("intake", "/questionnaires/sleep", method="GET")

    assert [one["code"] for one in listed] == list(INSTRUMENTS)
    assert problem["code"] == "not_found"


def test_whoever_may_not_define_one_is_refused(clinic: Clinic) -> None:
    problem = clinic.desk.refused("intake", "/questionnaires", resource=SLEEP)

    assert problem["code"] == "forbidden"


@pytest.mark.parametrize(
    ("different", "pointer"),
    [
        ({"resourceType": "Patient"}, "#/resource/resourceType"),
        ({"item": []}, "#/resource/items"),
        ({"name": "Not A Code"}, "#/resource/code"),
        (
            {
                "extension": [
                    {"url": fhir.SCORING, "valueString": '{"follow_up":"nothing"}'}
                ]
            },
            "#/resource/instrument",
        ),
    ],
)
def test_a_questionnaire_that_does_not_fit_is_refused(
    clinic: Clinic, different: dict[str, Any], pointer: str
) -> None:
    problem = clinic.caller(Role.CLINIC_ADMIN).refused(
        "intake", "/questionnaires", resource={**SLEEP, **different}
    )

    assert (problem["status"], list(faults(problem))) == (422, [pointer])
    assert codes(clinic) == [(code, "1", False) for code in INSTRUMENTS]


def response(**different: Any) -> dict[str, Any]:
    """A calm PHQ-9 from another system."""
    told = fhir.to_response(
        INSTRUMENTS["phq9"],
        CALM["phq9"],
        response_id="1",
        patient_id="1",
        authored="2026-03-02T15:00:00+00:00",
    )
    del told["subject"]
    return {**told, **different}


def test_answers_of_another_system_are_scored_like_any(clinic: Clinic) -> None:
    episode_id = clinic.episode()

    answer = clinic.therapist.post(
        "intake",
        f"/episodes/{episode_id}/questionnaire-responses",
        context="intake",
        resource=response(),
    )

    again = clinic.therapist.get(
        "intake", f"/episodes/{episode_id}/questionnaire-responses/{answer['id']}"
    )["resource"]
    assert (answer["instrument"], answer["total"], answer["band"]) == (
        "phq9",
        8,
        "mild",
    )
    asked, patient_id = INSTRUMENTS["phq9"], clinic.show(episode_id)["patient_id"]
    assert fhir.from_response(asked, again, patient_id=patient_id) == CALM["phq9"]


@pytest.mark.parametrize(
    ("different", "pointer"),
    [
        ({"questionnaire": "http://example.org/other"}, "#/resource/questionnaire"),
        ({"questionnaire": fhir.url_of("sleep")}, "#/resource/instrument"),
        ({"status": "in-progress"}, "#/resource/status"),
        ({"subject": {"reference": "Patient/1"}}, "#/resource/subject"),
        ({"item": []}, "#/answers/q1"),
    ],
)
def test_answers_of_another_system_that_do_not_fit_are_refused(
    clinic: Clinic, different: dict[str, Any], pointer: str
) -> None:
    episode_id = clinic.episode()

    problem = clinic.therapist.refused(
        "intake",
        f"/episodes/{episode_id}/questionnaire-responses",
        context="intake",
        resource=response(**different),
    )

    assert problem["status"] == 422
    assert pointer in faults(problem)
    assert clinic.show(episode_id)["measures"] == []
