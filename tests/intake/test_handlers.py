"""What intake does about commands and events, on a database."""

from datetime import date
from uuid import UUID

import pytest

from services.intake import handlers
from services.intake.handlers.assessing import coarse
from shared.events.scheduling import ClinicOnboarded
from shared.ids import uuid7
from shared.rulepack import EligibilityRule, Outcome, load_pack
from shared.testing.lab import MORNING, Lab
from tests.intake.clinic_lab import ANN, Clinic, all_clear, lasts

ADULT = date(1985, 4, 30)
CHILD = date(2009, 4, 30)


def outcome(birth_date: date, **different: bool | float) -> Outcome:
    verdict = handlers.verdict_of(
        all_clear(**different), birth_date=birth_date, on=MORNING.date()
    )
    return verdict.outcome


def test_nobody_is_older_than_the_birth_date_tells() -> None:
    assert outcome(ADULT) is Outcome.ELIGIBLE
    assert outcome(CHILD, age_years=40) is Outcome.INELIGIBLE


def test_nobody_is_older_than_the_screen_says() -> None:
    assert outcome(ADULT, age_years=16) is Outcome.INELIGIBLE


def test_the_age_need_not_be_asked() -> None:
    answers = all_clear()
    del answers["age_years"]

    verdict = handlers.verdict_of(answers, birth_date=ADULT, on=MORNING.date())

    assert verdict.outcome is Outcome.ELIGIBLE


def test_a_birth_date_no_age_can_be_read_from_leaves_the_age_to_be_asked() -> None:
    answers = all_clear()
    del answers["age_years"]

    verdict = handlers.verdict_of(
        answers, birth_date=date(1900, 1, 1), on=MORNING.date()
    )

    assert verdict.missing == ("age_years",)


def test_an_answer_the_pack_no_longer_asks_for_is_left_aside() -> None:
    assert outcome(ADULT, once_asked=True) is Outcome.ELIGIBLE


@pytest.mark.parametrize("rule", load_pack().eligibility.rules, ids=lambda r: r.code)
def test_no_reason_can_be_read_from_what_is_told(rule: EligibilityRule) -> None:
    groups = {one.reason_group for one in load_pack().eligibility.rules}

    assert set(coarse([rule.code, rule.fact])) <= groups


def test_what_is_told_keeps_free_words_and_hides_all_others() -> None:
    codes = ["phq9", "safety_screen", "clearance.medical", "medical", "ecg", "letter"]

    told = coarse(codes)

    assert told == ("phq9", "safety_screen", "clearance.medical", "medical", "other")


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


def test_a_yes_comes_to_its_end(clinic: Clinic, lab: Lab) -> None:
    episode_id = clinic.eligible()

    lab.clock.advance(days=180)
    lab.settle()

    (lapsed,) = clinic.told("eligibility.lapsed")
    assert lapsed["cause_code"] == "expired"
    assert clinic.show(episode_id)["status"] == "in_review"


def test_a_yes_that_was_given_anew_outlives_the_first_one(
    clinic: Clinic, lab: Lab
) -> None:
    episode_id = clinic.eligible()
    lab.clock.advance(days=100)
    clinic.miss(episode_id)
    clinic.miss(episode_id)
    clinic.decide(episode_id)

    lab.clock.advance(days=100)
    lab.settle()

    assert clinic.told("eligibility.lapsed") == []
    assert clinic.show(episode_id)["status"] == "eligible"


def test_a_yes_that_lapsed_does_not_lapse_again_at_its_end(
    clinic: Clinic, lab: Lab
) -> None:
    episode_id = clinic.eligible()
    clinic.alarm(episode_id)

    lab.clock.advance(days=181)
    lab.settle()

    causes = [lapsed["cause_code"] for lapsed in clinic.told("eligibility.lapsed")]
    assert causes == ["safety"]


def test_the_second_missed_dose_asks_for_a_review(clinic: Clinic) -> None:
    episode_id = clinic.eligible()
    clinic.miss(episode_id)
    before = len(clinic.told("review.requested"))

    clinic.miss(episode_id)

    assert len(clinic.told("review.requested")) == before + 1
    assert clinic.show(episode_id)["no_shows"] == 2


def test_a_missed_dose_told_twice_counts_once(clinic: Clinic) -> None:
    episode_id = clinic.eligible()
    appointment_id = uuid7()

    clinic.miss(episode_id, appointment_id)
    clinic.miss(episode_id, appointment_id)

    assert clinic.show(episode_id)["no_shows"] == 1
    assert clinic.show(episode_id)["status"] == "eligible"


def test_only_missed_doses_count(clinic: Clinic) -> None:
    episode_id = clinic.eligible()

    clinic.miss(episode_id, appointment_type="preparation")
    clinic.miss(episode_id, appointment_type="integration")

    assert clinic.show(episode_id)["no_shows"] == 0


def test_a_preparation_that_took_place_begins_treatment(clinic: Clinic) -> None:
    episode_id = clinic.eligible()

    clinic.fulfil(episode_id)

    assert clinic.show(episode_id)["status"] == "active"


@pytest.mark.parametrize("appointment_type", ["dosing", "integration"])
def test_no_other_appointment_begins_treatment(
    clinic: Clinic, appointment_type: str
) -> None:
    episode_id = clinic.eligible()

    clinic.fulfil(episode_id, appointment_type=appointment_type)

    assert clinic.show(episode_id)["status"] == "eligible"


def test_what_is_told_of_an_unknown_episode_changes_nothing(clinic: Clinic) -> None:
    clinic.miss(str(uuid7()))
    clinic.fulfil(str(uuid7()))

    assert clinic.told("review.requested") == []


def test_an_event_of_another_clinic_changes_nothing_here(
    clinic: Clinic, lab: Lab
) -> None:
    episode_id = clinic.eligible()

    Clinic(lab).fulfil(episode_id)

    assert clinic.show(episode_id)["status"] == "eligible"


def test_a_clinic_that_is_told_twice_keeps_what_was_told_first(lab: Lab) -> None:
    clinic = Clinic(lab)

    with lab.unit_of_work("intake", clinic.id) as uow:
        handlers.know_clinic(
            ClinicOnboarded(time_zone="Europe/Berlin", alert_response_seconds=120), uow
        )

    patient = clinic.desk.post("intake", "/patients", **ANN)
    assert patient["time_zone"] == "America/Chicago"


def test_withdrawing_a_consent_takes_older_ones_to_the_same_along(
    clinic: Clinic,
) -> None:
    episode_id = clinic.episode()
    older, other, newer = (
        clinic.desk.post(
            "intake",
            f"/episodes/{episode_id}/consents",
            consent_type=consent_type,
            document_version="2026-1",
            witness_id=uuid7(),
        )
        for consent_type in ("treatment", "offlabel", "treatment")
    )

    clinic.desk.post("intake", f"/consents/{newer['id']}/withdraw")

    withdrawn = {one["consent_id"] for one in clinic.told("consent.withdrawn")}
    holding = {one["id"]: one["holds"] for one in clinic.show(episode_id)["consents"]}
    assert withdrawn == {older["id"], newer["id"]}
    assert holding == {older["id"]: False, newer["id"]: False, other["id"]: True}


def test_versions_of_an_episode_number_its_events(clinic: Clinic, lab: Lab) -> None:
    episode_id = clinic.eligible()
    clinic.alarm(episode_id)

    versions = [
        envelope.aggregate_version
        for envelope in lab.told("intake")
        if envelope.aggregate_id == UUID(episode_id)
    ]

    assert versions == [1, 2, 3, 4, 5]
    assert clinic.show(episode_id)["version"] == 5


def test_every_event_tells_of_the_record_it_is_about(clinic: Clinic, lab: Lab) -> None:
    episode_id = clinic.eligible()
    clinic.alarm(episode_id)

    about = {envelope.aggregate_type for envelope in lab.told("intake")}
    assert about == {"patient", "measure", "episode", "safety_flag"}
    assert {envelope.clinic_id for envelope in lab.told("intake")} == {clinic.id}


def test_no_event_carries_what_a_patient_said(clinic: Clinic, lab: Lab) -> None:
    episode_id = clinic.in_review(pregnancy=True)
    clinic.alarm(episode_id)
    clinic.decide(
        episode_id,
        "ineligible",
        reason_codes=["pregnancy"],
        override_reason="A word of the prescriber",
    )

    said = "\n".join(envelope.payload for envelope in lab.told("intake"))

    for private in (
        "Ann",
        "Example",
        "example.org",
        "1985-04",
        "pregnan",
        "prescriber",
    ):
        assert private not in said
    (refused,) = clinic.told("patient.ineligible")
    assert refused["reason_codes"] == ["medical"]
