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

    assert clinic.show(episode_id)["status"] == "screening"


def test_an_alarming_answer_raises_a_flag_at_once(clinic: Clinic) -> None:
    episode_id = clinic.episode()

    answer = clinic.answer(episode_id, "phq9", q9=1)

    (flagged,) = clinic.told("safety.flagged")
    (recorded,) = clinic.told("measure.recorded")
    assert answer["alert"] and recorded["alert"]
    assert answer["safety_flag_id"] == flagged["flag_id"]
    assert (flagged["level"], flagged["due_at"]) == ("item9", lasts(minutes=60))


def test_an_alarming_answer_asks_for_the_triage_and_shows_where_help_is(
    clinic: Clinic,
) -> None:
    episode_id = clinic.episode()

    calm, alarmed = (clinic.answer(episode_id, "phq9", q9=q9) for q9 in (0, 1))

    assert (calm["follow_up"], calm["crisis_resources"]) == (None, [])
    assert alarmed["follow_up"] == "cssrs"
    assert "988" in alarmed["crisis_resources"][1]["contact"]


def test_a_flag_nobody_sees_to_asks_the_next_once(clinic: Clinic) -> None:
    clinic.alarm(clinic.episode())
    clinic.wait(minutes=59)
    assert clinic.told("safety.escalated") == []

    clinic.wait(minutes=1)
    clinic.wait(days=2)

    (escalated,) = clinic.told("safety.escalated")
    (flagged,) = clinic.told("safety.flagged")
    assert escalated["flag_id"] == flagged["flag_id"]
    assert escalated["due_at"] == lasts(hours=2)


def test_a_flag_that_was_cleared_asks_nobody_else(clinic: Clinic) -> None:
    flag_id = clinic.alarm(clinic.episode())["safety_flag_id"]
    clinic.therapist.post("intake", f"/safety-flags/{flag_id}/clear", note="Talked.")

    clinic.wait(hours=2)

    assert clinic.told("safety.escalated") == []


def test_who_gets_worse_is_looked_at_before_the_next_dose(clinic: Clinic) -> None:
    episode_id = clinic.eligible()

    answer = clinic.answer(episode_id, "phq9", context="pre_dose", q1=3, q2=3, q3=2)

    assert (answer["trends"], answer["alert"]) == (["deteriorated"], False)
    (flagged,) = clinic.told("safety.flagged")
    assert (flagged["level"], flagged["due_at"]) == ("deteriorated", lasts(hours=48))
    assert clinic.show(episode_id)["status"] == "eligible"


def test_a_change_too_small_to_mean_something_flags_nobody(clinic: Clinic) -> None:
    episode_id = clinic.eligible()

    answer = clinic.answer(episode_id, "phq9", context="pre_dose", q1=3, q2=3)

    assert answer["trends"] == []
    assert clinic.told("safety.flagged") == []


def test_totals_of_another_questionnaire_are_not_compared(clinic: Clinic) -> None:
    episode_id = clinic.eligible()

    answer = clinic.answer(episode_id, "gad7", context="pre_dose", q1=2)

    assert answer["trends"] == []


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
