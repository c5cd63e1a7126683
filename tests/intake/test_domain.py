"""Intake's rules by themselves, without a database."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.intake.domain import (
    REVIEW_WITHIN,
    AbsoluteContraindicationError,
    AlreadyClearedError,
    AlreadyWithdrawnError,
    Assessment,
    Channel,
    Consent,
    ConsentType,
    Decision,
    DecisionKind,
    Episode,
    EpisodeStatus,
    FlagLevel,
    OverrideReasonRequiredError,
    SafetyFlag,
    SafetyFlagOpenError,
    Screen,
    ScreeningIncompleteError,
    WrongStateError,
    age_years,
)
from shared.errors import ConflictError, InvalidError
from shared.events.intake import (
    EligibilityDeferred,
    EligibilityLapsed,
    PatientEligible,
    PatientIneligible,
    ReviewRequested,
    ScreeningCompleted,
)
from shared.ids import uuid7
from shared.testing.lab import MORNING
from tests.intake.clinic_lab import a_patient

UNTIL = MORNING + timedelta(days=180)
WANTED = ("phq9", "gad7", "cssrs")
NOTHING_AGAINST = Assessment(
    is_ruled_out=False, is_spoken_against=False, missing=(), has_high_flag=False
)


def an_episode(status: EpisodeStatus = EpisodeStatus.IN_REVIEW) -> Episode:
    return Episode(
        id=uuid7(),
        clinic_id=uuid7(),
        patient_id=uuid7(),
        opened_at=MORNING,
        status=status,
        eligible_until=UNTIL if status in ("eligible", "active") else None,
    )


def a_decision(
    kind: DecisionKind = DecisionKind.ELIGIBLE, **different: Any
) -> Decision:
    values: dict[str, Any] = {
        "id": uuid7(),
        "clinic_id": uuid7(),
        "episode_id": uuid7(),
        "kind": kind,
        "reason_codes": ["medical"] if kind is DecisionKind.INELIGIBLE else [],
        "missing": ["gad7"] if kind is DecisionKind.DEFERRED else [],
        "override_reason": None,
        "outcome": "eligible",
        "rule_pack": "kap-base-2026.1",
        "screen_id": uuid7(),
        "signed_by": uuid7(),
        "signed_at": MORNING,
        "valid_until": UNTIL if kind is DecisionKind.ELIGIBLE else None,
    }
    return Decision(**values | different)


def decide(
    episode: Episode,
    kind: DecisionKind = DecisionKind.ELIGIBLE,
    *,
    override_reason: str | None = None,
    **against: Any,
) -> object:
    values = vars(NOTHING_AGAINST) | against
    decision = a_decision(kind, override_reason=override_reason)
    return episode.decide(decision, Assessment(**values), told=("medical",))


def screened(episode: Episode) -> Episode:
    episode.screens.append(
        Screen(
            id=uuid7(),
            clinic_id=episode.clinic_id,
            episode_id=episode.id,
            answers={},
            recorded_by=uuid7(),
            recorded_at=MORNING,
        )
    )
    return episode


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

    completed, asked = episode.take_in({*WANTED}, wanted=WANTED, at=MORNING)

    assert isinstance(completed, ScreeningCompleted)
    assert completed.forms == ("phq9", "gad7", "cssrs", "safety_screen")
    assert isinstance(asked, ReviewRequested)
    assert asked.due_at == MORNING + REVIEW_WITHIN
    assert episode.status is EpisodeStatus.IN_REVIEW


def test_a_screening_without_one_form_is_not_complete() -> None:
    episode = screened(an_episode(EpisodeStatus.REGISTERED))

    assert episode.take_in({"phq9", "gad7"}, wanted=WANTED, at=MORNING) == ()
    assert episode.status is EpisodeStatus.REGISTERED


def test_a_screening_without_a_safety_screen_is_not_complete() -> None:
    episode = an_episode(EpisodeStatus.REGISTERED)

    assert episode.take_in({*WANTED}, wanted=WANTED, at=MORNING) == ()
    assert episode.status is EpisodeStatus.REGISTERED


def test_a_screening_is_completed_once() -> None:
    episode = screened(an_episode(EpisodeStatus.IN_REVIEW))

    assert episode.take_in({*WANTED}, wanted=WANTED, at=MORNING) == ()


def test_a_yes_stands_until_its_end() -> None:
    episode = an_episode()

    event = decide(episode)

    assert isinstance(event, PatientEligible)
    assert event.valid_until == UNTIL
    assert episode.status is EpisodeStatus.ELIGIBLE
    assert episode.eligible_until == UNTIL


def test_a_no_ends_the_episode() -> None:
    episode = an_episode()

    event = decide(episode, DecisionKind.INELIGIBLE)

    assert isinstance(event, PatientIneligible)
    assert event.reason_codes == ("medical",)
    with pytest.raises(WrongStateError):
        episode.demand_open()


def test_what_waits_goes_back_into_review_with_new_answers() -> None:
    episode = an_episode()
    event = decide(episode, DecisionKind.DEFERRED)

    (asked,) = episode.take_in(set(), wanted=WANTED, at=MORNING)

    assert isinstance(event, EligibilityDeferred)
    assert isinstance(asked, ReviewRequested)
    assert episode.status is EpisodeStatus.IN_REVIEW


@pytest.mark.parametrize("status", ["registered", "eligible", "active", "ineligible"])
@pytest.mark.parametrize("kind", list(DecisionKind))
def test_nothing_is_decided_outside_a_review(status: str, kind: DecisionKind) -> None:
    episode = an_episode(EpisodeStatus(status))

    with pytest.raises(WrongStateError) as refused:
        decide(episode, kind)

    assert refused.value.details == {"state": status}
    assert episode.status == status
    assert not episode.decisions


@pytest.mark.parametrize("status", ["in_review", "deferred"])
@pytest.mark.parametrize("kind", list(DecisionKind))
def test_everything_can_be_decided_in_review_or_while_it_waits(
    status: str, kind: DecisionKind
) -> None:
    episode = an_episode(EpisodeStatus(status))

    decide(episode, kind)

    assert episode.status == kind.value


@pytest.mark.parametrize(
    ("error", "against"),
    [
        (AbsoluteContraindicationError, {"is_ruled_out": True, "missing": ("gad7",)}),
        (ScreeningIncompleteError, {"missing": ("gad7",), "is_spoken_against": True}),
        (OverrideReasonRequiredError, {"is_spoken_against": True}),
        (SafetyFlagOpenError, {"has_high_flag": True}),
    ],
)
def test_a_yes_that_may_not_be_given_changes_nothing(
    error: type[ConflictError], against: dict[str, Any]
) -> None:
    episode = an_episode()

    with pytest.raises(error):
        decide(episode, **against)

    assert episode.status is EpisodeStatus.IN_REVIEW
    assert not episode.is_eligible
    assert not episode.decisions


@pytest.mark.parametrize(
    ("error", "against"),
    [
        (AbsoluteContraindicationError, {"is_ruled_out": True}),
        (ScreeningIncompleteError, {"missing": ("gad7",)}),
        (SafetyFlagOpenError, {"has_high_flag": True}),
    ],
)
def test_a_reason_overrules_neither_an_absolute_rule_nor_a_gap_nor_a_flag(
    error: type[ConflictError], against: dict[str, Any]
) -> None:
    episode = an_episode()

    with pytest.raises(error):
        decide(episode, override_reason="I know better.", **against)


def test_a_reason_overrules_a_hard_stop() -> None:
    episode = an_episode()

    event = decide(episode, override_reason="Weighed.", is_spoken_against=True)

    assert isinstance(event, PatientEligible)


@pytest.mark.parametrize("kind", [DecisionKind.INELIGIBLE, DecisionKind.DEFERRED])
def test_what_stands_against_a_yes_does_not_stand_against_a_no(
    kind: DecisionKind,
) -> None:
    episode = an_episode()

    decide(episode, kind, is_ruled_out=True, is_spoken_against=True, has_high_flag=True)

    assert episode.status == kind.value


@pytest.mark.parametrize(
    ("kind", "field"),
    [(DecisionKind.INELIGIBLE, "reason_codes"), (DecisionKind.DEFERRED, "missing")],
)
def test_a_no_needs_a_reason_and_a_wait_something_to_wait_for(
    kind: DecisionKind, field: str
) -> None:
    episode = an_episode()
    decision = a_decision(kind, **{field: []})

    with pytest.raises(InvalidError) as refused:
        episode.decide(decision, NOTHING_AGAINST, told=())

    assert refused.value.field == field
    assert episode.status is EpisodeStatus.IN_REVIEW


def test_a_signed_decision_is_intact() -> None:
    decision = a_decision(override_reason="Weighed – carefully.")

    decision.sign()

    assert decision.is_intact
    assert len(decision.signature_hash) == 64


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", DecisionKind.DEFERRED),
        ("reason_codes", ["general"]),
        ("missing", ["phq9"]),
        ("override_reason", "Something else."),
        ("outcome", "review"),
        ("rule_pack", "another"),
        ("screen_id", None),
        ("signed_by", uuid7()),
        ("signed_at", MORNING + timedelta(seconds=1)),
        ("valid_until", UNTIL + timedelta(days=1)),
        ("episode_id", uuid7()),
    ],
)
def test_a_change_after_the_signature_shows(field: str, value: object) -> None:
    decision = a_decision()
    decision.sign()

    setattr(decision, field, value)

    assert not decision.is_intact


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
        recorded_by=uuid7(),
        signed_at=MORNING,
        valid_until=UNTIL,
    )

    event = consent.withdraw(by=uuid7(), at=MORNING)

    assert event.consent_type == "treatment"
    with pytest.raises(AlreadyWithdrawnError):
        consent.withdraw(by=uuid7(), at=MORNING)
