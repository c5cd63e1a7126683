"""What may be decided on an episode, and how it is sealed."""

from datetime import timedelta
from typing import Any

import pytest

from services.intake.domain import (
    AbsoluteContraindicationError,
    DecisionKind,
    EpisodeStatus,
    OverrideReasonRequiredError,
    SafetyFlagOpenError,
    ScreeningIncompleteError,
    WrongStateError,
)
from shared.errors import ConflictError, InvalidError
from shared.events.intake import (
    EligibilityDeferred,
    PatientEligible,
    PatientIneligible,
    ReviewRequested,
)
from shared.ids import uuid7
from shared.testing.lab import MORNING
from tests.intake.episodes import (
    NOTHING_AGAINST,
    UNTIL,
    WANTED,
    a_decision,
    an_episode,
    decide,
)


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
