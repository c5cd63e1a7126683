"""The list of medication and allergies: who told it, what it means, who looked."""

from datetime import timedelta
from typing import Any

import pytest

from shared.access import Role
from shared.testing.lab import Lab
from tests.intake.clinic_lab import Clinic, a_referral


def add(clinic: Clinic, episode: str, name: str, **more: Any) -> dict[str, Any]:
    """An entry that a clinician noted."""
    said = {"kind": "medication", "source": "clinician", "name": name, **more}
    path = f"/episodes/{episode}/medication-list"
    added: dict[str, Any] = clinic.therapist.post("intake", path, **said)
    return added


def say(clinic: Clinic, entry: str, status: str) -> Any:
    path = f"/medication-list/{entry}/status"
    return clinic.therapist.post("intake", path, status=status)


def shown(clinic: Clinic, episode: str) -> Any:
    return clinic.therapist.get("intake", f"/episodes/{episode}/medication-list")


def groups(clinic: Clinic, episode: str) -> dict[str, list[str]]:
    """The codes that speak to each entry, by its name."""
    return {
        entry["name"]: [one["code"] for one in entry["interactions"]]
        for entry in shown(clinic, episode)["items"]
    }


def rule(clinic: Clinic, episode: str, code: str) -> dict[str, Any]:
    rules = clinic.show(episode)["verdict"]["rules"]
    (found,) = [one for one in rules if one["code"] == code]
    return dict(found)


def test_entries_say_what_speaks_to_them(clinic: Clinic) -> None:
    episode = clinic.episode()
    for name in ("Lorazepam 1 mg", "LISDEXAMFETAMINE", "Sertraline", "Methylphenidate"):
        add(clinic, episode, name)

    assert groups(clinic, episode) == {
        "Lorazepam 1 mg": ["sedatives"],
        "LISDEXAMFETAMINE": ["stimulants"],
        "Sertraline": [],
        "Methylphenidate": ["stimulants"],
    }
    (first, *_) = shown(clinic, episode)["items"]
    assert first["interactions"][0]["source"]


def test_an_allergy_is_no_medication(clinic: Clinic) -> None:
    episode = clinic.episode()
    add(clinic, episode, "Ketamine")
    add(clinic, episode, "ketamine", kind="allergy", detail="Rash")

    assert groups(clinic, episode) == {"Ketamine": [], "ketamine": ["ketamine_allergy"]}


def test_a_rule_weighs_what_stands_on_the_list_whatever_was_answered(
    clinic: Clinic,
) -> None:
    episode = clinic.in_review()
    assert rule(clinic, episode, "theophylline")["state"] == "not_met"

    add(clinic, episode, "Theophylline retard")

    weighed = rule(clinic, episode, "theophylline")
    assert (weighed["state"], weighed["told_by"]) == ("met", "medication_list")
    answer = clinic.prescriber.request(
        "POST", "intake", f"/episodes/{episode}/decision", {"decision": "eligible"}
    )
    assert answer.get_json()["code"] == "override_reason_required"


def test_a_grave_medicine_ends_a_standing_yes(clinic: Clinic) -> None:
    episode = clinic.eligible()

    add(clinic, episode, "Aminophylline")

    assert clinic.show(episode)["status"] == "in_review"
    (told,) = clinic.told("eligibility.lapsed")
    assert told["cause_code"] == "medication"


def test_an_allergy_to_ketamine_is_absolute(clinic: Clinic) -> None:
    episode = clinic.eligible()

    add(clinic, episode, "Esketamine", kind="allergy")

    assert clinic.show(episode)["verdict"]["outcome"] == "ineligible"
    assert clinic.show(episode)["status"] == "in_review"


def test_a_medicine_that_only_calls_for_care_ends_nothing(clinic: Clinic) -> None:
    episode = clinic.eligible()

    add(clinic, episode, "Phenelzine")
    add(clinic, episode, "Diazepam")

    assert clinic.show(episode)["status"] == "eligible"


def test_what_was_weighed_in_a_decision_does_not_end_it_again(clinic: Clinic) -> None:
    episode = clinic.eligible(theophylline=True)

    add(clinic, episode, "Theophylline")

    assert clinic.show(episode)["status"] == "eligible"


def test_what_was_stopped_no_longer_counts_and_a_past_verdict_still_does(
    clinic: Clinic, lab: Lab
) -> None:
    episode = clinic.in_review()
    entry = add(clinic, episode, "Theophylline")["id"]
    then = lab.clock.now
    clinic.wait(hours=1)

    say(clinic, entry, "stopped")

    assert rule(clinic, episode, "theophylline")["state"] == "not_met"
    past = clinic.therapist.get(
        "intake", f"/episodes/{episode}/verdict", at=then.isoformat()
    )
    (found,) = [one for one in past["rules"] if one["code"] == "theophylline"]
    assert found["state"] == "met"
    before = (then - timedelta(seconds=1)).isoformat()
    earlier = clinic.therapist.get("intake", f"/episodes/{episode}/verdict", at=before)
    (found,) = [one for one in earlier["rules"] if one["code"] == "theophylline"]
    assert found["state"] == "unknown"


def test_what_a_referral_tells_is_proposed_and_counts_once_a_clinician_says_so(
    clinic: Clinic,
) -> None:
    referral = a_referral(
        medications=[{"system": "RxNorm", "code": "10438", "display": "Theophylline"}]
    )
    said = clinic.desk.post("intake", "/referrals", **referral)
    patient = clinic.desk.get("intake", f"/patients/{said['patient_id']}")
    episode = patient["episode_id"]
    (entry,) = shown(clinic, episode)["items"]
    assert (entry["status"], entry["source"], entry["rxnorm"]) == (
        "proposed",
        "referral",
        "10438",
    )
    assert rule(clinic, episode, "theophylline")["state"] == "unknown"

    say(clinic, entry["id"], "active")

    assert rule(clinic, episode, "theophylline")["state"] == "met"


def test_a_list_is_reconciled_once_nothing_on_it_waits(clinic: Clinic) -> None:
    said = clinic.desk.post("intake", "/referrals", **a_referral())
    patient = clinic.desk.get("intake", f"/patients/{said['patient_id']}")
    episode = patient["episode_id"]
    path = f"/episodes/{episode}/reconciliation"

    answer = clinic.therapist.request("POST", "intake", path)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "entries_proposed")
    first, second = (entry["id"] for entry in shown(clinic, episode)["items"])
    say(clinic, first, "active")
    say(clinic, second, "refuted")
    done = clinic.therapist.post("intake", path)

    assert shown(clinic, episode)["reconciled"]["id"] == done["id"]


@pytest.mark.parametrize(
    ("first", "then"),
    [("stopped", "active"), ("refuted", "active"), ("stopped", "refuted")],
)
def test_what_is_over_begins_anew_with_a_new_entry(
    clinic: Clinic, first: str, then: str
) -> None:
    entry = add(clinic, clinic.episode(), "Sertraline")["id"]
    say(clinic, entry, first)

    answer = clinic.therapist.request(
        "POST", "intake", f"/medication-list/{entry}/status", {"status": then}
    )

    assert (answer.status_code, answer.get_json()["code"]) == (409, "wrong_state")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "medication", "source": "referral", "name": "Sertraline"},
        {"kind": "food", "source": "patient", "name": "Nuts"},
        {"kind": "allergy", "source": "patient", "name": ""},
        {"kind": "allergy", "source": "patient", "name": "two\nlines"},
    ],
)
def test_what_does_not_fit_is_refused(clinic: Clinic, body: dict[str, str]) -> None:
    path = f"/episodes/{clinic.episode()}/medication-list"

    assert clinic.therapist.request("POST", "intake", path, body).status_code == 422


def test_the_list_is_for_who_treats_in_the_clinic(clinic: Clinic, lab: Lab) -> None:
    episode = clinic.episode()
    entry = add(clinic, episode, "Sertraline")["id"]
    body = {"status": "stopped"}

    for caller, status in (
        (clinic.desk, 403),
        (Clinic(lab).caller(Role.THERAPIST), 404),
    ):
        for method, path, said in (
            ("GET", f"/episodes/{episode}/medication-list", None),
            ("POST", f"/medication-list/{entry}/status", body),
        ):
            answer = caller.request(method, "intake", path, said)
            assert answer.status_code == status


def test_no_event_says_what_a_patient_takes(clinic: Clinic) -> None:
    add(clinic, clinic.episode(), "Sertraline")

    (told,) = clinic.told("medication_list.changed")
    assert told.keys() == {"patient_id", "episode_id", "entry_id"}
