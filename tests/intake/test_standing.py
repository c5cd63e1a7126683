"""Where an episode stands: forms, readiness, crisis, second opinions, appeals."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import update

from services.intake.domain import EpisodeStatus, Stage, stage_of
from services.intake.models import episodes
from shared.access import Role
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.intake.clinic_lab import ANN, Clinic, consent, faults


def sign(clinic: Clinic, episode: str, **said: Any) -> str:
    """A consent to treatment, or to what is said."""
    path = f"/episodes/{episode}/consents"
    signed: str = clinic.desk.post("intake", path, **consent(**said))["id"]
    return signed


def clear(clinic: Clinic, episode: str) -> None:
    clinic.prescriber.post("intake", f"/episodes/{episode}/clearances")


def ready(clinic: Clinic) -> tuple[str, str]:
    """An episode that is ready to start, and its consent."""
    episode = clinic.eligible()
    signed = sign(clinic, episode)
    clear(clinic, episode)
    return episode, signed


def another(clinic: Clinic) -> Caller:
    """A second prescriber."""
    return clinic.caller(Role.PRESCRIBER)


def refused(caller: Caller, path: str, **body: Any) -> tuple[int, str]:
    answer = caller.request("POST", "intake", path, body or None)
    return answer.status_code, answer.get_json()["code"]


def test_the_first_answer_starts_a_screening(clinic: Clinic) -> None:
    episode = clinic.episode()
    assert clinic.show(episode)["stage"] == "registered"

    clinic.answer(episode, "phq9")
    clinic.answer(episode, "gad7")

    assert clinic.show(episode)["status"] == "screening"
    assert len(clinic.told("screening.started")) == 1


def test_missing_forms_are_reminded_of_on_days_two_five_and_ten(
    clinic: Clinic, lab: Lab
) -> None:
    clinic.episode()

    for _ in range(12):
        clinic.wait(days=1)

    assert [one["days"] for one in clinic.told("screening.fell_behind")] == [2, 5, 10]
    assert len(clinic.told("screening.stalled")) == 1


def test_reminders_are_not_sent_all_at_once_after_a_time_when_nothing_ran(
    clinic: Clinic,
) -> None:
    clinic.episode()

    clinic.wait(days=30)
    assert len(clinic.told("screening.fell_behind")) == 1
    clinic.wait(days=1)
    assert len(clinic.told("screening.fell_behind")) == 2


def test_nobody_is_reminded_once_all_forms_are_in(clinic: Clinic) -> None:
    clinic.in_review()

    clinic.wait(days=30)

    assert clinic.told("screening.fell_behind") == []


def test_nobody_is_reminded_after_the_end(clinic: Clinic) -> None:
    episode = clinic.episode()
    clinic.prescriber.post(
        "intake", f"/episodes/{episode}/end", outcome="withdrawn", reason_code="patient"
    )

    clinic.wait(days=30)

    assert clinic.told("screening.fell_behind") == []


def test_an_episode_is_ready_once_everything_is_there_in_any_order(
    clinic: Clinic,
) -> None:
    first, _ = ready(clinic)
    second = clinic.in_review()
    clear(clinic, second)
    sign(clinic, second)
    assert clinic.show(second)["stage"] == "in_review"
    clinic.decide(second)

    for episode in (first, second):
        assert clinic.show(episode)["stage"] == "ready_to_start"
    assert len(clinic.told("readiness.reached")) == 2


def test_an_eligible_episode_that_lacks_something_is_in_onboarding(
    clinic: Clinic,
) -> None:
    episode = clinic.eligible()
    sign(clinic, episode)

    assert clinic.show(episode)["stage"] == "onboarding"
    assert clinic.told("readiness.reached") == []


def test_a_withdrawn_consent_ends_readiness(clinic: Clinic) -> None:
    episode, signed = ready(clinic)

    clinic.desk.post("intake", f"/consents/{signed}/withdraw")

    assert clinic.show(episode)["stage"] == "onboarding"
    (lost,) = clinic.told("readiness.lost")
    assert lost["missing"] == ["consent.treatment"]


def test_readiness_ends_by_itself_when_a_consent_does(clinic: Clinic) -> None:
    episode, _ = ready(clinic)
    clinic.wait(days=100)
    clear(clinic, episode)

    clinic.wait(days=275)

    assert clinic.show(episode)["ready_since"] is None
    assert clinic.told("readiness.lost")


def test_a_lapsed_eligibility_ends_readiness(clinic: Clinic) -> None:
    episode, _ = ready(clinic)

    clinic.alarm(episode)

    (lost,) = clinic.told("readiness.lost")
    assert lost["missing"] == ["eligibility"]


def test_a_high_flag_is_a_crisis_until_a_clinician_clears_it(clinic: Clinic) -> None:
    episode, _ = ready(clinic)
    flag = clinic.alarm(episode)["safety_flag_id"]
    assert clinic.show(episode)["stage"] == "crisis_hold"

    clinic.therapist.post("intake", f"/safety-flags/{flag}/clear", note="Seen.")

    shown = clinic.show(episode)
    assert (shown["stage"], shown["crisis_since"]) == ("in_review", None)


def test_a_deferred_decision_is_asked_for_again_when_it_is_due(
    clinic: Clinic, lab: Lab
) -> None:
    episode = clinic.in_review()
    due_at = (lab.clock.now + timedelta(days=3)).isoformat()
    said = clinic.decide(episode, "deferred", missing=["ecg"], due_at=due_at)
    assert said["decision"]["due_at"] == due_at
    asked = len(clinic.told("review.requested"))

    clinic.wait(days=2)
    assert clinic.show(episode)["status"] == "deferred"
    clinic.wait(days=2)

    assert clinic.show(episode)["status"] == "in_review"
    assert len(clinic.told("review.requested")) == asked + 1
    assert clinic.show(episode)["decisions"][0]["is_intact"]


def test_a_deferred_decision_waits_two_weeks_unless_somebody_says_otherwise(
    clinic: Clinic,
) -> None:
    episode = clinic.in_review()
    clinic.decide(episode, "deferred", missing=["ecg"])

    clinic.wait(days=13)
    assert clinic.show(episode)["status"] == "deferred"
    clinic.wait(days=2)
    assert clinic.show(episode)["status"] == "in_review"


@pytest.mark.parametrize(
    ("decision", "days"), [("deferred", -1), ("deferred", 400), ("eligible", 3)]
)
def test_a_date_that_makes_no_sense_is_refused(
    clinic: Clinic, lab: Lab, decision: str, days: int
) -> None:
    episode = clinic.in_review()
    due_at = (lab.clock.now + timedelta(days=days)).isoformat()
    missing = ["ecg"] if decision == "deferred" else []

    answer = clinic.prescriber.request(
        "POST",
        "intake",
        f"/episodes/{episode}/decision",
        {"decision": decision, "missing": missing, "due_at": due_at},
    )

    assert answer.status_code == 422
    assert "#/due_at" in faults(answer.get_json())


def test_whoever_asks_for_a_second_opinion_does_not_decide(clinic: Clinic) -> None:
    episode = clinic.in_review()
    clinic.prescriber.post("intake", f"/episodes/{episode}/second-review")
    path = f"/episodes/{episode}/decision"

    assert refused(clinic.prescriber, path, decision="eligible") == (
        409,
        "another_must_decide",
    )
    another(clinic).post("intake", path, decision="eligible")
    assert clinic.show(episode)["status"] == "eligible"


def test_a_second_opinion_is_asked_for_only_while_something_is_to_be_decided(
    clinic: Clinic,
) -> None:
    episode = clinic.eligible()

    said = refused(clinic.prescriber, f"/episodes/{episode}/second-review")

    assert said == (409, "wrong_state")


def test_an_appeal_is_decided_by_somebody_else_than_who_said_no(
    clinic: Clinic,
) -> None:
    episode = clinic.in_review()
    clinic.decide(episode, "ineligible", reason_codes=["psychosis_current"])
    clinic.desk.post("intake", f"/episodes/{episode}/appeal")
    path = f"/episodes/{episode}/decision"

    assert clinic.show(episode)["status"] == "in_review"
    assert len(clinic.told("appeal.lodged")) == 1
    assert refused(clinic.prescriber, path, decision="eligible")[0] == 409
    lead = clinic.caller(Role.MEDICAL_LEAD)
    lead.post("intake", path, decision="eligible")
    assert clinic.show(episode)["status"] == "eligible"


def test_there_is_no_appeal_without_a_no(clinic: Clinic) -> None:
    episode = clinic.in_review()

    assert refused(clinic.desk, f"/episodes/{episode}/appeal") == (409, "wrong_state")


def test_a_list_shows_the_episodes_of_a_stage_page_by_page(clinic: Clinic) -> None:
    waiting = [clinic.in_review() for _ in range(3)]
    eligible = clinic.eligible()

    page = clinic.therapist.get("intake", "/episodes", stage="in_review", limit=2)
    rest = clinic.therapist.get(
        "intake", "/episodes", stage="in_review", limit=2, after=page["next"]
    )

    found = [one["id"] for one in (*page["items"], *rest["items"])]
    assert found == waiting[::-1]
    assert rest["next"] is None
    assert page["items"][0]["family_name"] == ANN["family_name"]
    (only,) = clinic.therapist.get("intake", "/episodes", stage="onboarding")["items"]
    assert only["id"] == eligible


def test_no_episode_of_another_clinic_is_listed(clinic: Clinic, lab: Lab) -> None:
    clinic.in_review()

    assert Clinic(lab).therapist.get("intake", "/episodes")["items"] == []


def test_the_list_and_the_episode_say_the_same_of_where_it_stands(
    clinic: Clinic, lab: Lab
) -> None:
    episode = clinic.episode()
    database = lab.runtime("intake").database
    now = lab.clock.now
    for status, crisis, pause, is_ready in product(
        EpisodeStatus, (None, now), (None, now), (None, now)
    ):
        with database.begin(EVERYTHING) as connection:
            connection.execute(
                update(episodes).values(
                    status=status,
                    crisis_since=crisis,
                    paused_at=pause,
                    ready_since=is_ready,
                )
            )
        stage = stage_of(
            status,
            in_crisis=crisis is not None,
            pauses=pause is not None,
            is_ready=is_ready is not None,
        )
        for asked in Stage:
            listed = clinic.therapist.get("intake", "/episodes", stage=asked.value)
            found = [one["id"] for one in listed["items"]]
            assert found == ([episode] if asked is stage else []), (status, asked)
