"""Patients answer their own questionnaires, and go on where they stopped."""

from typing import Any

import pytest

from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.intake.clinic_lab import ANN, CALM, Clinic, faults, lasts
from tests.intake.test_signing import as_patient


@pytest.fixture
def patient(clinic: Clinic) -> dict[str, Any]:
    """A patient who was just registered."""
    made: dict[str, Any] = clinic.desk.post("intake", "/patients", **ANN)
    return made


@pytest.fixture
def own(clinic: Clinic, patient: dict[str, Any]) -> Caller:
    """The patient, by a private link."""
    return as_patient(clinic, patient)


@pytest.fixture
def forms(patient: dict[str, Any]) -> str:
    """Where the patient's forms are."""
    return f"/patients/{patient['id']}/forms"


def test_a_patient_goes_on_where_the_last_visit_stopped(
    clinic: Clinic, patient: dict[str, Any], own: Caller, forms: str
) -> None:
    own.put("intake", f"{forms}/phq9/draft", answers={"q1": 2, "q2": 1})
    clinic.lab.clock.advance(hours=5)
    another_device = as_patient(clinic, patient)

    kept = another_device.get("intake", f"{forms}/phq9")
    listed = {one["code"]: one for one in own.get("intake", forms)["items"]}

    assert (kept["answers"], kept["saved_at"]) == ({"q1": 2, "q2": 1}, lasts())
    assert [item["name"] for item in kept["items"]] == list(CALM["phq9"])
    assert (listed["phq9"]["is_begun"], listed["phq9"]["is_answered"]) == (True, False)
    assert not listed["gad7"]["is_begun"]


def test_a_form_that_is_sent_counts_and_its_draft_is_gone(
    clinic: Clinic, patient: dict[str, Any], own: Caller, forms: str
) -> None:
    own.put("intake", f"{forms}/phq9/draft", answers={"q1": 2})

    own.post("intake", f"{forms}/phq9", answers=CALM["phq9"])

    (measure,) = clinic.show(patient["episode_id"])["measures"]
    (listed,) = (
        one for one in own.get("intake", forms)["items"] if one["code"] == "phq9"
    )
    assert (measure["total"], measure["context"]) == (8, "intake")
    assert (listed["is_answered"], listed["is_begun"]) == (True, False)
    assert own.get("intake", f"{forms}/phq9")["answers"] == {}


def test_an_alarming_answer_shows_help_at_once_and_what_to_answer_next(
    clinic: Clinic, own: Caller, forms: str
) -> None:
    sent = own.post("intake", f"{forms}/phq9", answers=CALM["phq9"] | {"q9": 2})

    assert sent["follow_up"] == "cssrs"
    assert "988 Suicide and Crisis Lifeline" in [
        one["name"] for one in sent["crisis_resources"]
    ]
    assert [one["level"] for one in clinic.told("safety.flagged")] == ["item9"]
    assert "total" not in sent


@pytest.mark.parametrize(
    ("answers", "pointer"),
    [
        ({"q1": 4}, "#/answers/q1"),
        ({"q1": -1}, "#/answers/q1"),
        ({"q77": 1}, "#/answers/q77"),
    ],
)
def test_a_draft_holds_no_answer_that_could_never_be_sent(
    own: Caller, forms: str, answers: dict[str, int], pointer: str
) -> None:
    problem = own.refused(
        "intake", f"{forms}/phq9/draft", method="PUT", answers=answers
    )

    assert (problem["status"], list(faults(problem))) == (422, [pointer])


def test_a_form_that_lacks_an_answer_is_not_taken_and_its_draft_stays(
    own: Caller, forms: str
) -> None:
    answers = dict.fromkeys(list(CALM["phq9"])[:-1], 1)
    own.put("intake", f"{forms}/phq9/draft", answers=answers)

    problem = own.refused("intake", f"{forms}/phq9", answers=answers)

    assert list(faults(problem)) == ["#/answers/q9"]
    assert own.get("intake", f"{forms}/phq9")["answers"] == answers


def test_forms_are_the_patients_own_and_nobody_elses(
    clinic: Clinic, own: Caller, forms: str, lab: Lab
) -> None:
    own.put("intake", f"{forms}/phq9/draft", answers={"q1": 2})
    other = clinic.desk.post("intake", "/patients", **ANN)
    stranger = as_patient(clinic, other)

    problems = [
        stranger.refused("intake", forms, method="GET"),
        stranger.refused("intake", f"{forms}/phq9", method="GET"),
        stranger.refused("intake", f"{forms}/phq9", answers=CALM["phq9"]),
    ]
    staff = [
        therapist.refused("intake", forms, method="GET")
        for therapist in (clinic.therapist, Clinic(lab).therapist)
    ]

    assert {one["status"] for one in problems} == {404}
    assert {one["status"] for one in staff} == {403}


def test_a_form_that_does_not_exist_is_not_there(own: Caller, forms: str) -> None:
    read = own.refused("intake", f"{forms}/mmpi", method="GET")
    sent = own.refused("intake", f"{forms}/mmpi", answers={"q1": 1})

    assert (read["status"], sent["status"]) == (404, 422)


def test_later_answers_are_follow_ups(
    clinic: Clinic, patient: dict[str, Any], own: Caller, forms: str
) -> None:
    for code in CALM:
        own.post("intake", f"{forms}/{code}", answers=CALM[code])
    clinic.screen(patient["episode_id"])
    clinic.decide(patient["episode_id"])

    own.post("intake", f"{forms}/phq9", answers=CALM["phq9"])

    newest = clinic.show(patient["episode_id"])["measures"][0]
    assert (newest["instrument"], newest["context"]) == ("phq9", "follow_up")
