"""Vital signs: what was measured, what it says, and what of it still counts.

A possible value is always saved, however abnormal, with the limits in force.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.sessions.domain.errors import DoseStoppedError, VitalsNeededError
from services.sessions.domain.limits import InForce
from shared.aggregate import Aggregate
from shared.errors import InvalidError
from shared.events.sessions import (
    VitalsRecorded,
    VitalsReversed,
)
from shared.rulepack import (
    Decision,
    Measure,
    MeasureRating,
    Rating,
    RulePack,
    Status,
    VitalsPhase,
)

COUNTS_FOR = timedelta(minutes=30)
"""How long a reading can be decided on."""
CLOCK_SKEW = timedelta(minutes=1)
"""How far ahead a bedside clock may be; such a reading counts as taken now."""

Values = Mapping[str, float]

_LEVELS = {
    Status.OK: Decision.GO,
    Status.AMBER: Decision.HOLD,
    Status.RED: Decision.STOP,
}


class Source(StrEnum):
    """Where a reading comes from."""

    MANUAL = "manual"
    DEVICE = "device"


class ReversalReason(StrEnum):
    """Why a reading does not count after all."""

    WRONG_PATIENT = "wrong_patient"
    ENTRY_ERROR = "entry_error"
    FALSE_READING = "false_reading"


@dataclass(kw_only=True, eq=False)
class Vitals(Aggregate):
    """One reading; `ratings` is what each value said, with the limits in force.

    One of a device names it, and counts like any other.
    """

    session_id: UUID
    patient_id: UUID
    phase: VitalsPhase
    status: Status
    taken_at: datetime
    recorded_at: datetime
    recorded_by: UUID
    ratings: list[dict[str, Any]]
    rule_pack: str
    late_reason: str | None = None
    alert_id: UUID | None = None
    systolic_mmhg: float | None = None
    diastolic_mmhg: float | None = None
    heart_rate_bpm: float | None = None
    spo2_percent: float | None = None
    respiratory_rate_bpm: float | None = None
    moaas: int | None = None
    distress: int | None = None
    device_id: UUID | None = None

    @property
    def source(self) -> Source:
        """Whether a device measured, or a person wrote it down."""
        return source_of(self.device_id)

    @property
    def values(self) -> dict[str, float]:
        """What was measured."""
        taken = {measure.value: getattr(self, measure.value) for measure in Measure}
        return {name: value for name, value in taken.items() if value is not None}

    def record(self) -> VitalsRecorded:
        """They were taken."""
        return VitalsRecorded(
            vitals_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            status=self.status.value,
        )

    def reverse(self, reason: ReversalReason) -> VitalsReversed:
        """It was entered wrongly and no longer counts; it stays as it is."""
        return VitalsReversed(
            vitals_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            reason_code=reason.value,
        )


def source_of(device_id: UUID | None) -> Source:
    """Where a reading comes from."""
    return Source.DEVICE if device_id else Source.MANUAL


def demand_possible(values: Values, pack: RulePack) -> None:
    """Refuse what no living patient shows; abnormal is never refused.

    Raises:
        InvalidError: nothing was measured, or a value is impossible.
    """
    if not values:
        raise InvalidError("at least one measure is needed", field="systolic_mmhg")
    for name, value in values.items():
        if not pack.plausible(name, value):
            raise InvalidError("this is not a possible value", field=name)
    systolic = values.get(Measure.SYSTOLIC)
    diastolic = values.get(Measure.DIASTOLIC)
    if systolic is not None and diastolic is not None and diastolic >= systolic:
        raise InvalidError("this is not below systolic", field=Measure.DIASTOLIC)


def time_taken(
    said: datetime | None,
    late_reason: str | None,
    *,
    now: datetime,
    not_before: datetime,
    late_after: timedelta,
) -> datetime:
    """When a reading was taken: now, unless somebody says otherwise.

    Raises:
        InvalidError: that is in the future, before the record was opened, or so long
            ago that a reason is needed.
    """
    if said is None:
        return now
    if said > now + CLOCK_SKEW:
        raise InvalidError("that time is yet to come", field="taken_at")
    if said < not_before:
        raise InvalidError("the record was not open then", field="taken_at")
    if now - said > late_after and not late_reason:
        raise InvalidError("a late entry needs a reason", field="late_reason")
    return min(said, now)


def level_of(rated: MeasureRating) -> Decision:
    """What one value means for a dose, before the first or before another."""
    return rated.decision or _LEVELS[rated.status]


def gravest(levels: Iterable[Decision]) -> Decision:
    """The strictest of some decisions; go, if there are none."""
    return max(levels, key=list(Decision).index, default=Decision.GO)


def is_graver(one: Decision, other: Decision) -> bool:
    """Whether a decision is stricter than another."""
    order = list(Decision)
    return order.index(one) > order.index(other)


def level_measured(rating: Rating, values: Values) -> Decision:
    """What was measured means; what was not measured counts for nothing here."""
    return gravest(level_of(one) for one in rating.measures if one.measure in values)


def alarms(rating: Rating) -> tuple[MeasureRating, ...]:
    """What somebody must look at, gravest first, each rule once."""
    red = [one for one in rating.measures if level_of(one) is Decision.STOP]
    by_rule: dict[str | None, MeasureRating] = {}
    for one in sorted(red, key=lambda one: not one.emergency):
        by_rule.setdefault(one.rule_code, one)
    return tuple(by_rule.values())


def ratings_kept(
    rating: Rating, values: Values, limits: InForce
) -> list[dict[str, Any]]:
    """What each value said, with the limits that said it, as it is kept."""
    said, origins = limits.said, limits.origins
    return [
        {
            "measure": one.measure.value,
            "value": values.get(one.measure),
            "status": one.status.value,
            "decision": one.decision.value if one.decision else None,
            "emergency": one.emergency,
            "rule_code": one.rule_code,
            "limit": said[one.measure.value],
            "origin": origins[one.measure.value],
        }
        for one in rating.measures
    ]


def current_values(readings: Iterable[Vitals], *, now: datetime) -> dict[str, float]:
    """The latest value of each measure that can still be decided on.

    Args:
        readings: in the order they were taken in.
    """
    values: dict[str, float] = {}
    for reading in readings:
        if now - reading.taken_at <= COUNTS_FOR:
            values.update(reading.values)
    return values


def demand_current(readings: Iterable[Vitals], *, now: datetime) -> dict[str, float]:
    """The values to decide on.

    Raises:
        VitalsNeededError: there is none, or none any more.
    """
    values = current_values(readings, now=now)
    if not values:
        raise VitalsNeededError
    return values


def demand_measured(values: Values, required: Iterable[Measure]) -> None:
    """Refuse a dose that rests on what nobody has measured lately: unknown is not fine.

    Raises:
        VitalsNeededError: a measure is missing, or its last value is too old.
    """
    if missing := [measure.value for measure in required if measure not in values]:
        raise VitalsNeededError(details={"missing": missing})


def demand_no_red(readings: Iterable[Vitals]) -> None:
    """Refuse to go on with a dose after a red reading; it is authorised anew.

    Raises:
        DoseStoppedError: one is red.
    """
    if any(reading.status is Status.RED for reading in readings):
        raise DoseStoppedError
