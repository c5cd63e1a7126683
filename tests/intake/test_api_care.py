"""Episodes over HTTP: answers, decisions, consents, clearances and flags."""

from typing import Any

import pytest

from shared.context import Role
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.intake.clinic_lab import CALM, Clinic, all_clear, lasts

CONSENT = {
    "consent_type": "treatment",
    "document_version": "2026-1",
    "witness_id": "0198c9a2-0000-7000-8000-000000000001",
}


def faults(problem: dict[str, Any]) -> dict[str, str]:
    return {error["pointer"]: error["detail"] for error in problem["errors"]}


def refuse_decision(
    clinic: Clinic, episode_id: str, decision: str = "eligible", **more: Any
) -> dict[str, Any]:
    path = f"/episodes/{episode_id}/decision"
    return clinic.prescriber.refused("intake", path, decision=decision, **more)


def test_a_measure_is_scored_and_kept(clinic: Clinic) -> None:
    episode_id = clinic.episode()

    answer = clinic.answer(episode_id, "phq9", q1=3)

    (kept,) = clinic.show(episode_id)["measures"]
    assert kept == answer
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
    assert verdict["rule_pack"] == "kap-base-2026.1"
    assert (verdict["missing"], verdict["missing_forms"]) == ([], [])
    assert against == {
        "code": "systolic_high",
        "class": "hard_stop",
        "state": "met",
        "fact": "systolic_mmhg",
        "label": "Systolic pressure at rest too high",
        "reason_group": "medical",
        "source": "Project default",
    }


def test_an_episode_without_answers_shows_what_is_missing(clinic: Clinic) -> None:
    verdict = clinic.show(clinic.episode())["verdict"]

    assert verdict["outcome"] == "incomplete"
    assert "pregnancy" in verdict["missing"]
    assert "age_years" not in verdict["missing"]
    assert verdict["missing_forms"] == ["phq9", "gad7", "cssrs"]


def test_a_yes_is_signed(clinic: Clinic) -> None:
    episode_id = clinic.in_review()

    answer = clinic.decide(episode_id)

    decision = answer["decision"]
    assert answer["status"] == "eligible"
    assert decision["signed_by"] == str(clinic.prescriber_id)
    assert decision["signed_at"] == lasts()
    assert decision["valid_until"] == answer["eligible_until"] == lasts(days=180)
    assert decision["rule_pack"] == "kap-base-2026.1"
    assert clinic.show(episode_id)["decisions"] == [decision]
    (told,) = clinic.told("patient.eligible")
    assert (told["rule_pack"], told["valid_until"]) == (
        "kap-base-2026.1",
        lasts(days=180),
    )


def test_a_decision_that_was_changed_in_the_database_is_shown_as_changed(
    clinic: Clinic, lab: Lab
) -> None:
    episode_id = clinic.eligible(pregnancy=True)
    assert clinic.show(episode_id)["decisions"][0]["is_intact"]

    with lab.unit_of_work("intake", clinic.id) as uow:
        uow.connection.exec_driver_sql("update decisions set override_reason = 'x'")

    assert not clinic.show(episode_id)["decisions"][0]["is_intact"]


def test_an_absolute_rule_cannot_be_overruled(clinic: Clinic) -> None:
    episode_id = clinic.in_review(hypersensitivity=True)

    problem = refuse_decision(clinic, episode_id, override_reason="I know better.")

    assert (problem["status"], problem["code"]) == (409, "absolute_contraindication")


def test_a_child_is_not_treated_whatever_the_screen_says(clinic: Clinic) -> None:
    child = clinic.desk.post(
        "intake",
        "/patients",
        given_name="Bo",
        family_name="Example",
        birth_date="2009-03-03",
    )
    for instrument in CALM:
        clinic.answer(child["episode_id"], instrument)
    clinic.screen(child["episode_id"], age_years=40)

    problem = refuse_decision(clinic, child["episode_id"])

    assert problem["code"] == "absolute_contraindication"


def test_a_screen_with_gaps_is_not_enough_for_a_yes(clinic: Clinic) -> None:
    episode_id = clinic.in_review()
    path = f"/episodes/{episode_id}/safety-screen"
    clinic.therapist.post("intake", path, answers={"seizures": False})

    problem = refuse_decision(clinic, episode_id, override_reason="I know.")

    assert (problem["status"], problem["code"]) == (409, "screening_incomplete")
    assert "pregnancy" in problem["missing"]
    assert "seizures" not in problem["missing"]


@pytest.mark.parametrize("rule", [{"pregnancy": True}, {"seizures": True}])
def test_a_rule_that_is_met_asks_for_a_reason(
    clinic: Clinic, rule: dict[str, bool]
) -> None:
    episode_id = clinic.in_review(**rule)

    problem = refuse_decision(clinic, episode_id)
    answer = clinic.decide(episode_id, override_reason="Weighed.")

    assert (problem["status"], problem["code"]) == (409, "override_reason_required")
    assert answer["decision"]["override_reason"] == "Weighed."
    assert answer["decision"]["outcome"] == "review"


def test_a_blank_reason_is_none(clinic: Clinic) -> None:
    episode_id = clinic.in_review(pregnancy=True)

    problem = refuse_decision(clinic, episode_id, override_reason="  ")

    assert list(faults(problem)) == ["#/override_reason"]


def test_an_open_flag_of_high_risk_stands_in_the_way(clinic: Clinic) -> None:
    episode_id = clinic.in_review()
    flag_id = clinic.alarm(episode_id)["safety_flag_id"]

    problem = refuse_decision(clinic, episode_id)
    clinic.therapist.post("intake", f"/safety-flags/{flag_id}/clear", note="Seen.")
    answer = clinic.decide(episode_id)

    assert (problem["status"], problem["code"]) == (409, "safety_flag_open")
    assert answer["status"] == "eligible"


def test_nothing_is_decided_before_the_screening(clinic: Clinic) -> None:
    problem = refuse_decision(clinic, clinic.episode())

    assert (problem["status"], problem["code"]) == (409, "wrong_state")
    assert problem["state"] == "registered"


@pytest.mark.parametrize("decision", ["eligible", "ineligible", "deferred"])
def test_a_decided_episode_is_not_decided_again(clinic: Clinic, decision: str) -> None:
    episode_id = clinic.eligible()

    problem = refuse_decision(
        clinic, episode_id, decision, reason_codes=["medical"], missing=["gad7"]
    )

    assert (problem["status"], problem["code"]) == (409, "wrong_state")
    assert len(clinic.show(episode_id)["decisions"]) == 1


def test_a_decision_that_waits_can_be_made_later(clinic: Clinic) -> None:
    episode_id = clinic.in_review()

    waiting = clinic.decide(episode_id, "deferred", missing=["clearance.medical"])
    decided = clinic.decide(episode_id)

    assert (waiting["status"], decided["status"]) == ("deferred", "eligible")
    assert waiting["decision"]["valid_until"] is None
    (told,) = clinic.told("eligibility.deferred")
    assert told["missing"] == ["clearance.medical"]
    assert len(clinic.show(episode_id)["decisions"]) == 2


@pytest.mark.parametrize(
    ("pointer", "body"),
    [
        ("#/reason_codes", {"decision": "ineligible"}),
        ("#/missing", {"decision": "deferred"}),
        ("#/decision", {"decision": "perhaps"}),
        ("#/reason_codes/0", {"decision": "ineligible", "reason_codes": ["Too ill"]}),
        ("#/reason_codes", {"decision": "ineligible", "reason_codes": ["a"] * 21}),
        ("#/override_reason", {"decision": "eligible", "override_reason": "x" * 2001}),
    ],
)
def test_a_decision_that_does_not_fit_is_refused(
    clinic: Clinic, pointer: str, body: dict[str, Any]
) -> None:
    path = f"/episodes/{clinic.in_review()}/decision"

    problem = clinic.prescriber.refused("intake", path, **body)

    assert (problem["status"], list(faults(problem))) == (422, [pointer])


@pytest.mark.parametrize(
    "role", [Role.THERAPIST, Role.FRONT_DESK, Role.MONITOR, Role.CLINIC_ADMIN]
)
def test_only_a_prescriber_decides_and_clears(clinic: Clinic, role: Role) -> None:
    episode_id = clinic.in_review()
    caller = clinic.caller(role)

    decided = caller.refused(
        "intake", f"/episodes/{episode_id}/decision", decision="eligible"
    )
    cleared = caller.refused("intake", f"/episodes/{episode_id}/clearances")

    assert decided["status"] == cleared["status"] == 403
    assert clinic.show(episode_id)["status"] == "in_review"


def test_a_decision_on_an_older_state_is_refused(clinic: Clinic) -> None:
    episode_id = clinic.in_review()
    seen = clinic.therapist.request("GET", "intake", f"/episodes/{episode_id}")
    clinic.decide(episode_id, "deferred", missing=["gad7"])

    answer = clinic.prescriber.request(
        "POST",
        "intake",
        f"/episodes/{episode_id}/decision",
        {"decision": "eligible"},
        headers={"If-Match": seen.headers["ETag"]},
    )

    assert (answer.status_code, answer.get_json()["code"]) == (412, "stale_version")


def test_an_episode_that_was_refused_takes_nothing_more(clinic: Clinic) -> None:
    episode_id = clinic.in_review()
    clinic.decide(episode_id, "ineligible", reason_codes=["medical"])
    measure = {"instrument": "phq9", "context": "intake", "answers": CALM["phq9"]}

    problems = [
        clinic.prescriber.refused("intake", f"/episodes/{episode_id}/{path}", **body)
        for path, body in (
            ("measures", measure),
            ("safety-screen", {"answers": all_clear()}),
            ("consents", CONSENT),
            ("clearances", {}),
            ("decision", {"decision": "eligible"}),
        )
    ]

    assert {(one["status"], one["code"]) for one in problems} == {(409, "wrong_state")}


@pytest.mark.parametrize(
    ("consent_type", "days"),
    [("treatment", 365), ("offlabel", 365), ("privacy", 365), ("touch", 365)],
)
def test_a_consent_is_signed_and_lasts(
    clinic: Clinic, consent_type: str, days: int
) -> None:
    episode_id = clinic.episode()
    body = {**CONSENT, "consent_type": consent_type}

    signed = clinic.desk.post("intake", f"/episodes/{episode_id}/consents", **body)

    (kept,) = clinic.show(episode_id)["consents"]
    (told,) = clinic.told("consent.signed")
    assert kept == {**signed, "holds": True}
    assert signed["valid_until"] == told["valid_until"] == lasts(days=days)
    assert told["document_version"] == "2026-1"
    assert told["consent_type"] == consent_type


def test_a_consent_and_a_clearance_come_to_their_end(clinic: Clinic, lab: Lab) -> None:
    episode_id = clinic.episode()
    clinic.desk.post("intake", f"/episodes/{episode_id}/consents", **CONSENT)
    clinic.prescriber.post("intake", f"/episodes/{episode_id}/clearances")

    lab.clock.advance(days=90)
    after_three_months = clinic.show(episode_id)
    lab.clock.advance(days=275)
    after_a_year = clinic.show(episode_id)

    assert after_three_months["consents"][0]["holds"]
    assert not after_three_months["clearances"][0]["holds"]
    assert not after_a_year["consents"][0]["holds"]


def test_a_consent_is_taken_back_once(clinic: Clinic) -> None:
    episode_id = clinic.episode()
    signed = clinic.desk.post("intake", f"/episodes/{episode_id}/consents", **CONSENT)
    path = f"/consents/{signed['id']}/withdraw"

    withdrawn = clinic.therapist.post("intake", path)
    problem = clinic.therapist.refused("intake", path)

    assert withdrawn["withdrawn_at"] == lasts()
    assert (problem["status"], problem["code"]) == (409, "already_withdrawn")
    assert len(clinic.told("consent.withdrawn")) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("consent_type", "research"),
        ("document_version", "Version 2"),
        ("witness_id", "Dr. Example"),
        ("witness_id", None),
    ],
)
def test_a_consent_that_does_not_fit_is_refused(
    clinic: Clinic, field: str, value: object
) -> None:
    path = f"/episodes/{clinic.episode()}/consents"
    body: dict[str, Any] = {**CONSENT, field: value}

    problem = clinic.desk.refused("intake", path, **body)

    assert (problem["status"], list(faults(problem))) == (422, [f"#/{field}"])


def test_a_clearance_is_granted_with_a_note_that_is_not_told(clinic: Clinic) -> None:
    episode_id = clinic.episode()

    granted = clinic.prescriber.post(
        "intake", f"/episodes/{episode_id}/clearances", note="ECG seen."
    )

    (told,) = clinic.told("clearance.granted")
    assert granted["note"] == "ECG seen."
    assert granted["granted_by"] == str(clinic.prescriber_id)
    assert told["valid_until"] == granted["valid_until"] == lasts(days=90)
    assert "note" not in told


def test_open_flags_are_listed_until_they_are_cleared(clinic: Clinic, lab: Lab) -> None:
    first, second = clinic.episode(), clinic.episode()
    clinic.answer(first, "phq9", q9=2)
    lab.clock.advance(minutes=5)
    flag_id = clinic.alarm(second)["safety_flag_id"]
    path = f"/safety-flags/{flag_id}/clear"

    before = clinic.caller(Role.SERVICE).get("intake", "/safety-flags")["items"]
    cleared = clinic.therapist.post("intake", path, note="Talked, plan agreed.")
    after = clinic.desk.get("intake", "/safety-flags")["items"]

    assert [flag["level"] for flag in before] == ["item9", "high"]
    assert [flag["due_at"] for flag in before] == [lasts(minutes=60), lasts(minutes=65)]
    assert [flag["level"] for flag in after] == ["item9"]
    assert cleared["cleared_at"] == lasts(minutes=5)
    assert [flag["flag_id"] for flag in clinic.told("safety.cleared")] == [flag_id]
    assert clinic.show(second)["safety_flags"] == []


def test_a_flag_is_cleared_once_and_with_a_word(clinic: Clinic) -> None:
    flag_id = clinic.alarm(clinic.episode())["safety_flag_id"]
    path = f"/safety-flags/{flag_id}/clear"

    wordless = clinic.prescriber.refused("intake", path)
    clinic.prescriber.post("intake", path, note="Seen.")
    again = clinic.therapist.refused("intake", path, note="Seen.")

    assert list(faults(wordless)) == ["#/note"]
    assert (again["status"], again["code"]) == (409, "already_cleared")


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.MONITOR, Role.CLINIC_ADMIN])
def test_only_therapists_and_prescribers_clear_a_flag(
    clinic: Clinic, role: Role
) -> None:
    flag_id = clinic.alarm(clinic.episode())["safety_flag_id"]

    problem = clinic.caller(role).refused(
        "intake", f"/safety-flags/{flag_id}/clear", note="Seen."
    )

    assert problem["status"] == 403


def test_nothing_of_another_clinic_is_there(clinic: Clinic, lab: Lab) -> None:
    episode_id = clinic.in_review()
    consent = clinic.desk.post("intake", f"/episodes/{episode_id}/consents", **CONSENT)
    flag_id = clinic.alarm(episode_id)["safety_flag_id"]
    before = len(lab.names("intake"))
    elsewhere = Clinic(lab).prescriber
    measure = {"instrument": "phq9", "context": "intake", "answers": CALM["phq9"]}

    problems = [
        elsewhere.refused("intake", path, **body)
        for path, body in (
            (f"/episodes/{episode_id}/measures", measure),
            (f"/episodes/{episode_id}/safety-screen", {"answers": all_clear()}),
            (f"/episodes/{episode_id}/decision", {"decision": "eligible"}),
            (f"/episodes/{episode_id}/consents", CONSENT),
            (f"/episodes/{episode_id}/clearances", {}),
            (f"/consents/{consent['id']}/withdraw", {}),
            (f"/safety-flags/{flag_id}/clear", {"note": "Seen."}),
        )
    ]
    read = elsewhere.refused("intake", f"/episodes/{episode_id}", method="GET")

    assert {(one["status"], one["code"]) for one in [*problems, read]} == {
        (404, "not_found")
    }
    assert elsewhere.get("intake", "/safety-flags")["items"] == []
    assert len(lab.names("intake")) == before


@pytest.mark.parametrize("path", ["measures", "safety-screen", "consents"])
@pytest.mark.parametrize("role", [Role.NETWORK_ADMIN, Role.INTEGRATOR, Role.SERVICE])
def test_only_staff_of_the_clinic_writes_on_an_episode(
    clinic: Clinic, role: Role, path: str
) -> None:
    episode_id = clinic.episode()

    problem = clinic.caller(role).refused("intake", f"/episodes/{episode_id}/{path}")

    assert problem["status"] == 403


def test_a_measure_sent_twice_with_one_key_is_one(clinic: Clinic) -> None:
    path = f"/episodes/{clinic.episode()}/measures"
    body = {
        "instrument": "phq9",
        "context": "intake",
        "answers": {**CALM["phq9"], "q9": 1},
    }
    key = {"Idempotency-Key": "one"}

    answers = [
        clinic.desk.request("POST", "intake", path, body, headers=key).get_json()
        for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert len(clinic.told("measure.recorded")) == 1
    assert len(clinic.told("safety.flagged")) == 1


def test_an_unknown_episode_is_not_there(clinic: Clinic) -> None:
    problem = clinic.therapist.refused("intake", f"/episodes/{uuid7()}", method="GET")

    assert (problem["status"], problem["code"]) == (404, "not_found")
