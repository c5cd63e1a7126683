"""Who may know what was answered; the front desk sees logistics only."""

from typing import Any

import pytest

from shared.access import Role
from tests.intake.clinic_lab import CALM, Clinic, a_referral, all_clear

CARE = [Role.THERAPIST, Role.PRESCRIBER, Role.MONITOR, Role.CLINIC_ADMIN]
MEASURE = {"instrument": "phq9", "context": "intake", "answers": CALM["phq9"]}


def test_the_front_desk_reads_no_scores_and_no_flags(clinic: Clinic) -> None:
    episode = clinic.episode()

    for path in (f"/episodes/{episode}", "/safety-flags"):
        assert clinic.desk.refused("intake", path, method="GET")["status"] == 403


@pytest.mark.parametrize(
    ("what", "body"),
    [("measures", MEASURE), ("safety-screen", {"answers": all_clear()})],
)
def test_the_front_desk_takes_no_answers(
    clinic: Clinic, what: str, body: dict[str, Any]
) -> None:
    path = f"/episodes/{clinic.episode()}/{what}"

    assert clinic.desk.refused("intake", path, **body)["status"] == 403


@pytest.mark.parametrize("role", CARE)
def test_who_treats_or_answers_for_the_clinic_takes_and_reads_answers(
    clinic: Clinic, role: Role
) -> None:
    path = f"/episodes/{clinic.episode()}"
    somebody = clinic.caller(role)

    somebody.post("intake", f"{path}/measures", **MEASURE)
    somebody.post("intake", f"{path}/safety-screen", answers=all_clear())

    assert len(somebody.get("intake", path)["measures"]) == 1
    assert somebody.get("intake", "/safety-flags")["items"] == []


def test_the_front_desk_does_not_see_what_a_patient_suffers_from(
    clinic: Clinic,
) -> None:
    made = clinic.desk.post("intake", "/referrals", **a_referral())
    path = f"/patients/{made['patient_id']}"

    desk = clinic.desk.get("intake", path)
    both = clinic.caller(Role.FRONT_DESK, Role.MONITOR).get("intake", path)

    assert desk["conditions"] == desk["medications"] == []
    assert desk["coverages"] == both["coverages"] != []
    assert len(both["conditions"]) == 1
    assert len(both["medications"]) == 2
