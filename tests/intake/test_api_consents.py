"""Consents, clearances and flags over HTTP, and whose they are."""

from typing import Any

import pytest

from shared.access import Role
from shared.consents import ConsentType
from shared.testing.lab import Lab
from tests.intake.clinic_lab import (
    CALM,
    CONSENT,
    Clinic,
    all_clear,
    consent,
    faults,
    lasts,
)


@pytest.mark.parametrize("consent_type", ConsentType)
def test_a_consent_is_signed_and_lasts_a_year(
    clinic: Clinic, consent_type: ConsentType
) -> None:
    episode_id = clinic.episode()
    named = f"{consent_type}-2026.1"
    path = f"/episodes/{episode_id}/consents"

    signed = clinic.desk.post("intake", path, **consent(consent_type))

    (kept,) = clinic.show(episode_id)["consents"]
    (told,) = clinic.told("consent.signed")
    assert kept == {**signed, "holds": True}
    assert signed["valid_until"] == told["valid_until"] == lasts(days=365)
    assert told["document_version"] == named
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
        ("witness_name", None),
        ("signed_name", ""),
        ("items", ["everything"]),
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
    after = clinic.therapist.get("intake", "/safety-flags")["items"]

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
    signed = clinic.desk.post("intake", f"/episodes/{episode_id}/consents", **CONSENT)
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
            (f"/consents/{signed['id']}/withdraw", {}),
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
