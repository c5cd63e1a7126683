"""What answers lead to: a complete screening, flags, the end of a yes."""

from tests.intake.clinic_lab import Clinic, lasts


def test_forms_in_any_order_complete_the_screening(clinic: Clinic) -> None:
    episode_id = clinic.episode()
    clinic.screen(episode_id)
    for instrument in ("cssrs", "phq9", "gad7"):
        assert clinic.told("screening.completed") == []
        clinic.answer(episode_id, instrument)

    (completed,) = clinic.told("screening.completed")
    (asked,) = clinic.told("review.requested")

    assert completed["forms"] == ["phq9", "gad7", "cssrs", "safety_screen"]
    assert asked["due_at"] == lasts(hours=48)


def test_a_form_outside_the_intake_does_not_count_for_the_screening(
    clinic: Clinic,
) -> None:
    episode_id = clinic.episode()
    clinic.screen(episode_id)
    clinic.answer(episode_id, "phq9")
    clinic.answer(episode_id, "gad7")

    clinic.answer(episode_id, "cssrs", context="follow_up")

    assert clinic.show(episode_id)["status"] == "registered"


def test_an_alarming_answer_raises_a_flag_at_once(clinic: Clinic) -> None:
    episode_id = clinic.episode()

    answer = clinic.answer(episode_id, "phq9", q9=1)

    (flagged,) = clinic.told("safety.flagged")
    (recorded,) = clinic.told("measure.recorded")
    assert answer["alert"] and recorded["alert"]
    assert answer["safety_flag_id"] == flagged["flag_id"]
    assert (flagged["level"], flagged["due_at"]) == ("item9", lasts(minutes=60))


def test_a_second_alarm_of_the_same_cause_falls_under_the_open_flag(
    clinic: Clinic,
) -> None:
    episode_id = clinic.episode()
    first = clinic.alarm(episode_id)

    second = clinic.alarm(episode_id)

    assert len(clinic.told("safety.flagged")) == 1
    assert second["safety_flag_id"] == first["safety_flag_id"]


def test_another_cause_raises_a_flag_of_its_own(clinic: Clinic) -> None:
    episode_id = clinic.episode()

    clinic.alarm(episode_id)
    clinic.answer(episode_id, "phq9", q9=1)

    levels = [flagged["level"] for flagged in clinic.told("safety.flagged")]
    assert levels == ["high", "item9"]


def test_an_alarm_after_a_flag_was_cleared_raises_another(clinic: Clinic) -> None:
    episode_id = clinic.episode()
    flag_id = clinic.alarm(episode_id)["safety_flag_id"]
    path = f"/safety-flags/{flag_id}/clear"
    clinic.therapist.post("intake", path, note="Talked.")

    again = clinic.alarm(episode_id)

    assert again["safety_flag_id"] != flag_id
    assert len(clinic.told("safety.flagged")) == 2


def test_high_risk_ends_a_yes(clinic: Clinic) -> None:
    episode_id = clinic.eligible()

    clinic.alarm(episode_id)

    (lapsed,) = clinic.told("eligibility.lapsed")
    assert lapsed["cause_code"] == "safety"
    assert len(clinic.told("review.requested")) == 2
    episode = clinic.show(episode_id)
    assert (episode["status"], episode["eligible_until"]) == ("in_review", None)


def test_thoughts_of_death_alone_leave_a_yes(clinic: Clinic) -> None:
    episode_id = clinic.eligible()

    clinic.answer(episode_id, "phq9", context="pre_dose", q9=1)

    assert clinic.show(episode_id)["status"] == "eligible"
    assert len(clinic.told("safety.flagged")) == 1


def test_high_risk_ends_a_yes_that_stands_during_a_review(clinic: Clinic) -> None:
    episode_id = clinic.eligible()
    clinic.miss(episode_id)
    clinic.miss(episode_id)
    assert clinic.show(episode_id)["status"] == "in_review"

    clinic.alarm(episode_id)

    assert len(clinic.told("eligibility.lapsed")) == 1


def test_high_risk_without_a_yes_ends_nothing(clinic: Clinic) -> None:
    episode_id = clinic.in_review()

    clinic.alarm(episode_id)

    assert clinic.told("eligibility.lapsed") == []


def test_a_new_hard_stop_ends_a_yes_and_tells_no_reason(clinic: Clinic) -> None:
    episode_id = clinic.eligible()

    clinic.screen(episode_id, pregnancy=True)

    (lapsed,) = clinic.told("eligibility.lapsed")
    assert lapsed["cause_code"] == "medical"
    assert clinic.show(episode_id)["status"] == "in_review"


def test_a_hard_stop_that_was_overruled_does_not_end_the_yes(clinic: Clinic) -> None:
    episode_id = clinic.eligible(mania_current=True)

    clinic.screen(episode_id, mania_current=True)

    assert clinic.show(episode_id)["status"] == "eligible"


def test_what_only_wants_weighing_does_not_end_a_yes(clinic: Clinic) -> None:
    episode_id = clinic.eligible()

    clinic.screen(episode_id, seizures=True)

    assert clinic.show(episode_id)["status"] == "eligible"


def test_new_answers_take_a_waiting_episode_back_into_review(clinic: Clinic) -> None:
    episode_id = clinic.in_review()
    clinic.decide(episode_id, "deferred", missing=["clearance.medical"])

    clinic.screen(episode_id)

    assert clinic.show(episode_id)["status"] == "in_review"
    assert len(clinic.told("review.requested")) == 2
