"""Episodes and decisions in memory."""

from datetime import timedelta
from typing import Any

from services.intake.domain import (
    Assessment,
    Decision,
    DecisionKind,
    Episode,
    EpisodeStatus,
    Screen,
)
from shared.ids import uuid7
from shared.testing.lab import MORNING

UNTIL = MORNING + timedelta(days=180)
WANTED = ("phq9", "gad7", "cssrs")
NOTHING_AGAINST = Assessment(
    is_ruled_out=False, is_spoken_against=False, missing=(), has_high_flag=False
)


def an_episode(status: EpisodeStatus = EpisodeStatus.IN_REVIEW) -> Episode:
    """An episode; with a standing yes where its status says so."""
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
    """A decision that is not signed yet."""
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
    """Decide on an episode; `against` is what the assessment says."""
    values = vars(NOTHING_AGAINST) | against
    decision = a_decision(kind, override_reason=override_reason)
    return episode.decide(decision, Assessment(**values), told=("medical",))


def screened(episode: Episode) -> Episode:
    """The episode, with a safety screen."""
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
