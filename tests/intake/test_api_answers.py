"""Questionnaires and safety screens over HTTP."""

from typing import Any

import pytest

from shared.ids import uuid7
from shared.rulepack import load_pack
from shared.testing.lab import Lab
from tests.intake.clinic_lab import CALM, Clinic, all_clear, faults


def test_a_measure_is_scored_and_kept(clinic: Clinic) -> None:
    episode_id = clinic.episode()

    answer = clinic.answer(episode_id, "phq9", q1=3)

    (kept,) = clinic.show(episode_id)["measures"]
    assert {**kept, "crisis_resources": []} == answer
    assert (answer["total"], answer["band"], answer["level"]) == (10, "moderate", None)
    assert answer["safety_flag_id"] is None


def test_a_triage_has_a_level_and_no_total(clinic: Clinic) -> None:
    episode_id = clinic.episode()

    answer = clinic.alarm(episode_id)

    assert (answer["total"], answer["band"], answer["level"]) == (None, None, "high")


@pytest.mark.parametrize(
    ("pointer", "answers"),
    [
        ("#/answers/q3", {k: v for k, v in CALM["phq9"].items() if k != "q3"}),
        ("#/answers/q9", CALM["phq9"] | {"q9": 4}),
        ("#/answers/q9", CALM["phq9"] | {"q9": -1}),
        ("#/answers/q9", CALM["phq9"] | {"q9": 10**30}),
        ("#/answers/q9/value", CALM["phq9"] | {"q9": True}),
        ("#/answers/q9/value", CALM["phq9"] | {"q9": "1"}),
        ("#/answers/q9/value", CALM["phq9"] | {"q9": 1.5}),
        ("#/answers/q10", CALM["phq9"] | {"q10": 1}),
        ("#/answers/Q 10/key", CALM["phq9"] | {"Q 10": 1}),
        ("#/answers", {}),
        ("#/answers", {f"q{item}": 0 for item in range(1, 202)}),
        ("#/answers", None),
        ("#/answers", [1, 2, 3]),
    ],
)
def test_answers_that_do_not_fit_are_refused(
    clinic: Clinic, pointer: str, answers: Any
) -> None:
    episode_id = clinic.episode()

    problem = clinic.therapist.refused(
        "intake",
        f"/episodes/{episode_id}/measures",
        instrument="phq9",
        context="intake",
        answers=answers,
    )

    assert problem["status"] == 422
    assert list(faults(problem)) == [pointer]
    assert clinic.show(episode_id)["measures"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("instrument", "phq8"), ("context", "at_home"), ("instrument", None)],
)
def test_a_measure_of_another_kind_is_refused(
    clinic: Clinic, field: str, value: object
) -> None:
    good = {"instrument": "phq9", "context": "intake", "answers": CALM["phq9"]}
    body: dict[str, Any] = {**good, field: value}

    problem = clinic.therapist.refused(
        "intake", f"/episodes/{clinic.episode()}/measures", **body
    )

    assert list(faults(problem)) == [f"#/{field}"]


def test_a_screen_names_every_answer_at_fault(clinic: Clinic) -> None:
    path = f"/episodes/{clinic.episode()}/safety-screen"
    answers = all_clear(
        systolic_mmhg=5000, diastolic_mmhg=True, pregnancy=1, shoe_size=43
    )

    problem = clinic.therapist.refused("intake", path, answers=answers)

    assert problem["status"] == 422
    assert set(faults(problem)) == {
        "#/answers/systolic_mmhg",
        "#/answers/diastolic_mmhg",
        "#/answers/pregnancy",
        "#/answers/shoe_size",
    }


@pytest.mark.parametrize("value", ["no", None, [], {}])
def test_a_screen_takes_neither_text_nor_nothing(clinic: Clinic, value: object) -> None:
    path = f"/episodes/{clinic.episode()}/safety-screen"

    problem = clinic.therapist.refused("intake", path, answers={"pregnancy": value})

    assert list(faults(problem)) == ["#/answers/pregnancy/value"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_screen_takes_no_number_that_is_none(clinic: Clinic, number: str) -> None:
    path = f"/episodes/{clinic.episode()}/safety-screen"

    answer = clinic.therapist.request(
        "POST",
        "intake",
        path,
        data=f'{{"answers": {{"systolic_mmhg": {number}}}}}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 422
    assert list(faults(answer.get_json())) == ["#/answers/systolic_mmhg"]


def test_the_latest_screen_counts_and_all_are_kept(clinic: Clinic, lab: Lab) -> None:
    episode_id = clinic.episode()
    clinic.screen(episode_id, hypersensitivity=True)
    assert clinic.show(episode_id)["verdict"]["outcome"] == "ineligible"

    clinic.screen(episode_id)

    assert clinic.show(episode_id)["verdict"]["outcome"] == "eligible"
    with lab.unit_of_work("intake", clinic.id) as uow:
        kept = uow.connection.exec_driver_sql("select count(*) from screens").scalar()
    assert kept == 2


def test_an_episode_shows_what_each_rule_says_and_on_whose_word(
    clinic: Clinic,
) -> None:
    episode_id = clinic.in_review(systolic_mmhg=170)

    verdict = clinic.show(episode_id)["verdict"]

    (against,) = [rule for rule in verdict["rules"] if rule["state"] == "met"]
    assert verdict["outcome"] == "review"
    assert verdict["rule_pack"] == load_pack().version
    assert (verdict["missing"], verdict["missing_forms"]) == ([], [])
    assert against == {
        "code": "systolic_high",
        "class": "hard_stop",
        "state": "met",
        "fact": "systolic_mmhg",
        "label": "Systolic pressure at rest too high",
        "reason_group": "medical",
        "routes": [],
        "source": "Project default",
        "answer": 170,
        "told_by": "screen",
    }


def test_an_episode_without_answers_shows_what_is_missing(clinic: Clinic) -> None:
    verdict = clinic.show(clinic.episode())["verdict"]

    assert verdict["outcome"] == "incomplete"
    assert "pregnancy" in verdict["missing"]
    assert "age_years" not in verdict["missing"]
    assert verdict["missing_forms"] == ["phq9", "gad7", "cssrs"]


def test_a_measure_sent_twice_with_one_key_is_one(clinic: Clinic) -> None:
    path = f"/episodes/{clinic.episode()}/measures"
    body = {
        "instrument": "phq9",
        "context": "intake",
        "answers": {**CALM["phq9"], "q9": 1},
    }
    key = {"Idempotency-Key": "one"}

    answers = [
        clinic.therapist.request("POST", "intake", path, body, headers=key).get_json()
        for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert len(clinic.told("measure.recorded")) == 1
    assert len(clinic.told("safety.flagged")) == 1


def test_an_unknown_episode_is_not_there(clinic: Clinic) -> None:
    problem = clinic.therapist.refused("intake", f"/episodes/{uuid7()}", method="GET")

    assert (problem["status"], problem["code"]) == (404, "not_found")
