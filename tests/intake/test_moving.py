"""Episodes that begin, pause, go on at a lower pace, and end."""

from datetime import timedelta
from typing import Any

import pytest

from shared.testing.lab import MORNING
from tests.intake.clinic_lab import Clinic, faults, lasts


def act(clinic: Clinic, episode_id: str, what: str, **body: Any) -> Any:
    """A prescriber moves an episode."""
    return clinic.prescriber.post("intake", f"/episodes/{episode_id}/{what}", **body)


def refused(clinic: Clinic, episode_id: str, what: str, **body: Any) -> dict[str, Any]:
    """The problem that a prescriber is answered with."""
    return clinic.prescriber.refused("intake", f"/episodes/{episode_id}/{what}", **body)


def active(clinic: Clinic) -> str:
    """An episode whose treatment has begun."""
    episode_id = clinic.eligible()
    clinic.fulfil(episode_id)
    return episode_id


def test_treatment_begins_with_the_first_preparation_and_only_once(
    clinic: Clinic,
) -> None:
    episode_id = active(clinic)
    clinic.fulfil(episode_id)

    (activated,) = clinic.told("episode.activated")
    assert activated["episode_id"] == episode_id
    assert clinic.show(episode_id)["status"] == "active"


def test_a_pause_is_told_with_its_reason_and_leaves_the_yes(clinic: Clinic) -> None:
    episode_id = active(clinic)

    paused = act(clinic, episode_id, "pause", reason_code="travel")

    (told,) = clinic.told("episode.paused")
    assert told["reason_code"] == "travel"
    assert (paused["status"], paused["pause_reason"]) == ("active", "travel")
    assert paused["paused_at"] == MORNING.isoformat()
    assert paused["eligible_until"] is not None


def test_a_pause_ends_once(clinic: Clinic) -> None:
    episode_id = active(clinic)
    act(clinic, episode_id, "pause", reason_code="travel")

    resumed = act(clinic, episode_id, "resume")

    assert (resumed["paused_at"], resumed["pause_reason"]) == (None, None)
    assert len(clinic.told("episode.resumed")) == 1
    assert refused(clinic, episode_id, "resume")["code"] == "not_paused"


def test_what_pauses_cannot_be_paused(clinic: Clinic) -> None:
    episode_id = active(clinic)
    act(clinic, episode_id, "pause", reason_code="travel")

    problem = refused(clinic, episode_id, "pause", reason_code="again")

    assert (problem["status"], problem["code"]) == (409, "already_paused")


def test_maintenance_is_looked_at_again_on_its_day(clinic: Clinic) -> None:
    episode_id = active(clinic)
    due = (MORNING + timedelta(days=90)).isoformat()
    kept = act(clinic, episode_id, "maintenance", review_due_at=due)
    asked = len(clinic.told("review.requested"))

    clinic.wait(days=89)
    before = len(clinic.told("review.requested"))
    clinic.wait(days=1)

    assert (kept["status"], kept["review_due_at"]) == ("maintenance", due)
    assert kept["maintenance_since"] == MORNING.isoformat()
    assert (before, len(clinic.told("review.requested"))) == (asked, asked + 1)
    assert clinic.show(episode_id)["status"] == "in_review"


def test_after_that_review_a_yes_leads_back_to_maintenance(clinic: Clinic) -> None:
    episode_id = active(clinic)
    due = (MORNING + timedelta(days=90)).isoformat()
    act(clinic, episode_id, "maintenance", review_due_at=due)
    clinic.wait(days=90)

    act(clinic, episode_id, "decision", decision="eligible")

    assert clinic.show(episode_id)["status"] == "maintenance"


def test_a_later_date_moves_the_review(clinic: Clinic) -> None:
    episode_id = active(clinic)
    for days in (30, 60):
        due = (MORNING + timedelta(days=days)).isoformat()
        act(clinic, episode_id, "maintenance", review_due_at=due)

    clinic.wait(days=30)

    assert clinic.show(episode_id)["status"] == "maintenance"


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_review_is_due_within_a_year(clinic: Clinic, days: int) -> None:
    episode_id = active(clinic)
    due = (MORNING + timedelta(days=days)).isoformat()

    problem = refused(clinic, episode_id, "maintenance", review_due_at=due)

    assert list(faults(problem)) == ["#/review_due_at"]


def test_who_was_not_treated_is_not_maintained(clinic: Clinic) -> None:
    problem = refused(
        clinic, clinic.eligible(), "maintenance", review_due_at=lasts(days=9)
    )

    assert (problem["code"], problem["state"]) == ("wrong_state", "eligible")


@pytest.mark.parametrize("outcome", ["completed", "withdrawn", "deceased"])
def test_an_end_is_told_and_nothing_stands_any_more(
    clinic: Clinic, outcome: str
) -> None:
    episode_id = active(clinic)
    act(clinic, episode_id, "pause", reason_code="travel")

    ended = act(clinic, episode_id, "end", outcome=outcome, reason_code="as_agreed")
    clinic.wait(days=400)

    (told,) = clinic.told("episode.closed")
    assert (told["outcome"], told["reason_code"]) == (outcome, "as_agreed")
    assert (ended["status"], ended["ended_at"]) == (outcome, MORNING.isoformat())
    assert (ended["eligible_until"], ended["paused_at"]) == (None, None)
    assert clinic.told("eligibility.lapsed") == []


def test_treatment_that_never_began_is_not_completed(clinic: Clinic) -> None:
    problem = refused(
        clinic,
        clinic.eligible(),
        "end",
        outcome="completed",
        reason_code="as_agreed",
    )

    assert (problem["code"], problem["state"]) == ("wrong_state", "eligible")


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("pause", {"reason_code": "travel"}),
        ("maintenance", {"review_due_at": lasts(days=9)}),
        ("end", {"outcome": "withdrawn", "reason_code": "again"}),
        ("decision", {"decision": "eligible"}),
    ],
)
def test_nothing_moves_after_the_end(
    clinic: Clinic, what: str, body: dict[str, Any]
) -> None:
    episode_id = active(clinic)
    act(clinic, episode_id, "end", outcome="completed", reason_code="as_agreed")

    problem = refused(clinic, episode_id, what, **body)

    assert (problem["status"], problem["code"]) == (409, "wrong_state")
    assert problem["state"] == "completed"


def test_after_completion_only_follow_ups_are_answered(clinic: Clinic) -> None:
    episode_id = active(clinic)
    act(clinic, episode_id, "end", outcome="completed", reason_code="as_agreed")

    answer = clinic.answer(episode_id, "phq9", context="follow_up")
    problem = clinic.therapist.refused(
        "intake",
        f"/episodes/{episode_id}/measures",
        instrument="gad7",
        context="pre_dose",
        answers={f"q{n}": 0 for n in range(1, 8)},
    )

    assert answer["total"] == 8
    assert problem["code"] == "wrong_state"


def test_the_desk_moves_no_episode(clinic: Clinic) -> None:
    episode_id = clinic.eligible()

    problem = clinic.desk.refused(
        "intake", f"/episodes/{episode_id}/pause", reason_code="travel"
    )

    assert problem["code"] == "forbidden"
