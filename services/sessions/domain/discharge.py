"""Whether a patient may leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.sessions.domain.vitals import Vitals
from shared.rulepack import Measure
from shared.rulepack.pack import Discharge as Criteria


@dataclass(frozen=True, kw_only=True)
class Checklist:
    """What the monitor saw and did before the patient leaves."""

    oriented: bool
    walks_unaided: bool
    nausea_tolerable: bool
    instructions_given: bool
    escort_present: bool


def unmet(
    checklist: Checklist,
    values: Mapping[str, float],
    readings: Sequence[Vitals],
    *,
    baseline: Mapping[str, float],
    stayed: timedelta,
    minimum_stay: timedelta,
    criteria: Criteria,
) -> tuple[str, ...]:
    """The criteria that speak against leaving, besides the escort, each by its code.

    Args:
        values: the latest value of each measure that still counts; none is unmet.
        readings: all since the last dose, in the order they were taken in.
        stayed: the time since the last dose.
    """
    met = {
        "minimum_stay": stayed >= minimum_stay,
        "blood_pressure": _pressure_settled(values, baseline, criteria),
        "spo2": values.get(Measure.SPO2, 0) >= criteria.spo2_at_least_percent,
        "respiratory_rate": Measure.RESPIRATORY_RATE in values
        and not criteria.respiratory_rate_unsettled.crossed_by(
            values[Measure.RESPIRATORY_RATE]
        ),
        "moaas": Measure.MOAAS in values
        and _checks_awake(readings, criteria) >= criteria.moaas_checks,
        "oriented": checklist.oriented,
        "walks_unaided": checklist.walks_unaided,
        "nausea_tolerable": checklist.nausea_tolerable,
        "instructions_given": checklist.instructions_given,
    }
    return tuple(code for code, is_met in met.items() if not is_met)


def _pressure_settled(
    values: Mapping[str, float], baseline: Mapping[str, float], criteria: Criteria
) -> bool:
    """Both are near the baseline, or both are low enough."""
    both = (Measure.SYSTOLIC, Measure.DIASTOLIC)
    if any(measure not in values for measure in both):
        return False
    low_enough = (
        values[Measure.SYSTOLIC] <= criteria.systolic_at_most_mmhg
        and values[Measure.DIASTOLIC] <= criteria.diastolic_at_most_mmhg
    )
    return low_enough or all(
        _is_near(values[measure], baseline.get(measure), criteria.bp_tolerance_percent)
        for measure in both
    )


def _is_near(value: float, baseline: float | None, percent: float) -> bool:
    if baseline is None:
        return False
    return abs(value - baseline) * 100 <= percent * baseline


def _checks_awake(readings: Sequence[Vitals], criteria: Criteria) -> int:
    """How many checks in a row, back from the last, found the patient awake.

    Only checks that are far enough apart count.
    """
    count = 0
    earlier_than: datetime | None = None
    for reading in reversed(readings):
        if reading.moaas is None:
            continue
        if reading.moaas < criteria.moaas_required:
            break
        if earlier_than is None or reading.taken_at <= earlier_than:
            count += 1
            earlier_than = reading.taken_at - criteria.moaas_checks_apart
    return count
