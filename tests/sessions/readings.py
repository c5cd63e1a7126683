"""Readings without a database."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from services.sessions.domain.vitals import (
    Vitals,
)
from shared.rulepack import Status, VitalsPhase, load_pack

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def a_reading(*, minutes_ago: float, **values: float) -> Vitals:
    """A reading of some measures, so long ago."""
    return Vitals(
        id=uuid4(),
        clinic_id=uuid4(),
        session_id=uuid4(),
        patient_id=uuid4(),
        phase=VitalsPhase.DURING,
        status=Status.OK,
        taken_at=NOW - timedelta(minutes=minutes_ago),
        recorded_at=NOW,
        recorded_by=uuid4(),
        ratings=[],
        rule_pack=load_pack().version,
        **values,  # type: ignore[arg-type]
    )
