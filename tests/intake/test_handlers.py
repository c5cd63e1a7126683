"""What intake does about commands and events, on a database."""

from uuid import UUID

import pytest

from services.intake import handlers
from shared.events.scheduling import ClinicOnboarded
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.intake.clinic_lab import ANN, Clinic, consent


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


def test_a_yes_that_was_taken_back_does_not_lapse(clinic: Clinic, lab: Lab) -> None:
    episode_id = clinic.eligible()
    clinic.miss(episode_id)
    clinic.miss(episode_id)
    clinic.decide(episode_id, "ineligible", reason_codes=["general"])

    lab.clock.advance(days=181)
    lab.settle()

    assert clinic.told("eligibility.lapsed") == []
    assert {row["state"] for row in lab.inbox("intake")} == {"done"}


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
            **consent(consent_type),
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

    assert versions == [1, 2, 3, 4, 5, 6]
    assert clinic.show(episode_id)["version"] == 6


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
