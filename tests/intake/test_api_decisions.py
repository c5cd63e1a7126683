"""Decisions over HTTP, and every refusal of one."""

from typing import Any

import pytest
from sqlalchemy import update

from services.intake.models import decisions
from shared.access import Role
from shared.privacy.columns import seal, sealed_columns
from shared.rulepack import load_pack
from shared.testing.lab import Lab
from tests.intake.clinic_lab import CALM, CONSENT, Clinic, all_clear, faults, lasts


def refuse_decision(
    clinic: Clinic, episode_id: str, decision: str = "eligible", **more: Any
) -> dict[str, Any]:
    path = f"/episodes/{episode_id}/decision"
    return clinic.prescriber.refused("intake", path, decision=decision, **more)


def test_a_yes_is_signed(clinic: Clinic) -> None:
    episode_id = clinic.in_review()

    answer = clinic.decide(episode_id)

    decision = answer["decision"]
    assert answer["status"] == "eligible"
    assert decision["signed_by"] == str(clinic.prescriber_id)
    assert decision["signed_at"] == lasts()
    assert decision["valid_until"] == answer["eligible_until"] == lasts(days=180)
    assert decision["rule_pack"] == load_pack().version
    assert clinic.show(episode_id)["decisions"] == [decision]
    (told,) = clinic.told("patient.eligible")
    assert (told["rule_pack"], told["valid_until"]) == (
        load_pack().version,
        lasts(days=180),
    )


def test_a_decision_that_was_changed_in_the_database_is_shown_as_changed(
    clinic: Clinic, lab: Lab
) -> None:
    episode_id = clinic.eligible(pregnancy=True)
    assert clinic.show(episode_id)["decisions"][0]["is_intact"]

    with lab.unit_of_work("intake", clinic.id) as uow:
        kind = sealed_columns(decisions)["override_reason"]
        by_somebody_with_the_keys = seal(uow.connection, kind, "x", clinic_id=clinic.id)
        changed = update(decisions).values(override_reason=by_somebody_with_the_keys)
        uow.connection.execute(changed)

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


def test_an_open_flag_of_another_kind_does_not_stand_in_the_way(
    clinic: Clinic,
) -> None:
    episode_id = clinic.in_review()
    clinic.answer(episode_id, "phq9", context="follow_up", q9=1)

    assert clinic.decide(episode_id)["status"] == "eligible"
    assert len(clinic.show(episode_id)["safety_flags"]) == 1


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
