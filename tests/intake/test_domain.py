"""Intake's rules by themselves, without a database."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.intake.domain import (
    REVIEW_WITHIN,
    AlreadyClearedError,
    AlreadyWithdrawnError,
    Channel,
    Consent,
    ConsentType,
    EpisodeStatus,
    FlagLevel,
    SafetyFlag,
    WrongStateError,
    age_years,
)
from shared.errors import InvalidError
from shared.events.intake import (
    EligibilityLapsed,
    ReviewRequested,
    ScreeningCompleted,
    ScreeningStarted,
)
from shared.ids import uuid7
from shared.testing.lab import MORNING
from tests.intake.clinic_lab import a_patient
from tests.intake.episodes import (
    UNTIL,
    WANTED,
    an_episode,
    decide,
    screened,
)


def test_a_patient_is_registered_with_zone_and_channel() -> None:
    patient = a_patient()

    event = patient.register()

    assert (event.time_zone, event.channel) == ("America/Chicago", "email")
    assert (event.patient_id, event.episode_id) == (patient.id, patient.episode_id)


@pytest.mark.parametrize(
    ("field", "different"),
    [
        ("birth_date", {"birth_date": date(2026, 3, 3)}),
        ("birth_date", {"birth_date": date(1899, 12, 31)}),
        ("email", {"email": None}),
        ("time_zone", {"time_zone": "Mars/Olympus"}),
        ("time_zone", {"time_zone": "America"}),
        ("time_zone", {"time_zone": "../etc/passwd"}),
    ],
)
def test_a_patient_that_cannot_be_is_refused_with_the_field(
    field: str, different: dict[str, Any]
) -> None:
    patient = a_patient(**different)

    with pytest.raises(InvalidError) as refused:
        patient.register()

    assert refused.value.field == field


def test_somebody_without_mail_can_be_a_patient() -> None:
    patient = a_patient(email=None, channel=Channel.NONE)

    assert patient.register().channel == "none"


@pytest.mark.parametrize(
    ("on", "age"),
    [
        (date(2026, 2, 27), 17),
        (date(2026, 2, 28), 17),
        (date(2026, 3, 1), 18),
        (date(2028, 2, 28), 19),
        (date(2028, 2, 29), 20),
    ],
)
def test_an_age_changes_on_the_birthday_also_of_a_leap_day(on: date, age: int) -> None:
    assert age_years(date(2008, 2, 29), on) == age


def test_a_screening_is_complete_with_every_form_and_a_safety_screen() -> None:
    episode = screened(an_episode(EpisodeStatus.REGISTERED))

    started, completed, asked = episode.take_in({*WANTED}, wanted=WANTED, at=MORNING)

    assert isinstance(started, ScreeningStarted)
    assert isinstance(completed, ScreeningCompleted)
    assert completed.forms == ("phq9", "gad7", "cssrs", "safety_screen")
    assert isinstance(asked, ReviewRequested)
    assert asked.due_at == MORNING + REVIEW_WITHIN
    assert episode.status is EpisodeStatus.IN_REVIEW


def test_a_screening_without_one_form_is_not_complete() -> None:
    episode = screened(an_episode(EpisodeStatus.REGISTERED))

    (started,) = episode.take_in({"phq9", "gad7"}, wanted=WANTED, at=MORNING)

    assert isinstance(started, ScreeningStarted)
    assert episode.status is EpisodeStatus.SCREENING
    assert episode.take_in({"phq9", "gad7"}, wanted=WANTED, at=MORNING) == ()


def test_a_screening_without_a_safety_screen_is_not_complete() -> None:
    episode = an_episode(EpisodeStatus.REGISTERED)

    (started,) = episode.take_in({*WANTED}, wanted=WANTED, at=MORNING)

    assert isinstance(started, ScreeningStarted)
    assert episode.status is EpisodeStatus.SCREENING


def test_a_screening_does_not_start_without_an_answer() -> None:
    episode = an_episode(EpisodeStatus.REGISTERED)

    assert episode.take_in(set(), wanted=WANTED, at=MORNING) == ()
    assert episode.status is EpisodeStatus.REGISTERED


def test_a_screening_is_completed_once() -> None:
    episode = screened(an_episode(EpisodeStatus.IN_REVIEW))

    assert episode.take_in({*WANTED}, wanted=WANTED, at=MORNING) == ()


def test_what_lapses_is_asked_for_again() -> None:
    episode = an_episode(EpisodeStatus.ACTIVE)

    lapsed, asked = episode.lapse("safety", at=MORNING)

    assert isinstance(lapsed, EligibilityLapsed)
    assert lapsed.cause_code == "safety"
    assert isinstance(asked, ReviewRequested)
    assert episode.status is EpisodeStatus.IN_REVIEW
    assert not episode.is_eligible


def test_nothing_lapses_without_a_yes() -> None:
    episode = an_episode(EpisodeStatus.IN_REVIEW)

    with pytest.raises(WrongStateError):
        episode.lapse("safety", at=MORNING)


def test_the_second_missed_dose_asks_for_a_review_and_leaves_the_yes() -> None:
    episode = an_episode(EpisodeStatus.ACTIVE)

    first = episode.note_no_show(uuid7(), at=MORNING)
    (asked,) = episode.note_no_show(uuid7(), at=MORNING)

    assert first == ()
    assert isinstance(asked, ReviewRequested)
    assert episode.status is EpisodeStatus.IN_REVIEW
    assert episode.is_eligible


def test_one_missed_dose_counts_once_however_often_it_is_told() -> None:
    episode = an_episode(EpisodeStatus.ACTIVE)
    appointment_id = uuid7()

    told = [episode.note_no_show(appointment_id, at=MORNING) for _ in range(3)]

    assert told == [(), (), ()]
    assert episode.status is EpisodeStatus.ACTIVE


@pytest.mark.parametrize("status", ["registered", "ineligible"])
def test_missed_doses_ask_for_no_review_where_nothing_is_to_be_reviewed(
    status: str,
) -> None:
    episode = an_episode(EpisodeStatus(status))

    told = [episode.note_no_show(uuid7(), at=MORNING) for _ in range(2)]

    assert told == [(), ()]
    assert episode.status == status


def test_the_first_preparation_makes_an_eligible_episode_active() -> None:
    episode = an_episode(EpisodeStatus.ELIGIBLE)

    episode.note_preparation(at=MORNING)
    episode.note_preparation(at=MORNING + timedelta(days=1))

    assert episode.status is EpisodeStatus.ACTIVE
    assert episode.prepared_at == MORNING


def test_a_yes_after_the_first_preparation_makes_the_episode_active() -> None:
    episode = an_episode()
    episode.note_preparation(at=MORNING)

    decide(episode)

    assert episode.status is EpisodeStatus.ACTIVE


def test_a_preparation_decides_nothing() -> None:
    episode = an_episode()

    episode.note_preparation(at=MORNING)

    assert episode.status is EpisodeStatus.IN_REVIEW


def test_a_flag_is_cleared_once() -> None:
    flag = SafetyFlag(
        id=uuid7(),
        clinic_id=uuid7(),
        patient_id=uuid7(),
        episode_id=uuid7(),
        measure_id=uuid7(),
        level=FlagLevel.HIGH,
        raised_at=MORNING,
        due_at=MORNING,
    )
    by = uuid7()

    flag.clear(by=by, note="Talked.", at=MORNING)

    with pytest.raises(AlreadyClearedError):
        flag.clear(by=uuid7(), note="Talked again.", at=MORNING)
    assert (flag.cleared_by, flag.note) == (by, "Talked.")


def test_a_consent_is_withdrawn_once() -> None:
    consent = Consent(
        id=uuid7(),
        clinic_id=uuid7(),
        patient_id=uuid7(),
        episode_id=uuid7(),
        type=ConsentType.TREATMENT,
        document_version="2026-1",
        witness_id=uuid7(),
        witnessed_at=MORNING,
        recorded_by=uuid7(),
        signed_at=MORNING,
        valid_until=UNTIL,
    )

    event = consent.withdraw(by=uuid7(), at=MORNING)

    assert event.consent_type == "treatment"
    with pytest.raises(AlreadyWithdrawnError):
        consent.withdraw(by=uuid7(), at=MORNING)
