"""Whether a patient may leave."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.sessions.domain.vitals import Vitals
from shared.rulepack import Discharge as Criteria
from shared.rulepack import Limit, Measure, Route

ALDRETE = ("activity", "breathing", "circulation", "consciousness", "oxygen")
"""The parts of the modified Aldrete score, each 0 to 2."""


@dataclass(frozen=True, kw_only=True)
class Checklist:
    """What the monitor saw and did before the patient leaves; None is not known.

    `aldrete` holds the parts of the modified Aldrete score.
    """

    oriented: bool | None = None
    walks_unaided: bool | None = None
    nausea_tolerable: bool | None = None
    dissociation_settled: bool | None = None
    mood_safe: bool | None = None
    instructions_given: bool | None = None
    next_contact_booked: bool | None = None
    line_removed: bool | None = None
    aldrete: Mapping[str, int] | None = None
    escort_present: bool | None = None
    escort_name: str | None = None

    def over(self, earlier: Mapping[str, Any]) -> "Checklist":
        """The same, with what was said earlier where this says nothing."""
        said = {
            name: value for name, value in asdict(self).items() if value is not None
        }
        return Checklist(**{**earlier, **said})


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is known of a patient who may leave, besides what the monitor says.

    Args:
        readings: all since the last dose, in the order they were taken in.
        values: the latest value of each measure that still counts.
        last_dose_at: None before a dose.
        on_hold: whether something forbids a dose at present, a safety flag for one.
        waste_open: whether something that was drawn is neither given nor wasted.
    """

    route: Route
    readings: Sequence[Vitals]
    values: Mapping[str, float]
    baseline: Mapping[str, float]
    last_dose_at: datetime | None
    on_hold: bool
    waste_open: bool
    now: datetime


class How(StrEnum):
    """What a criterion is judged by."""

    MEASURED = "measured"
    ANSWERED = "answered"
    RECORDED = "recorded"


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One criterion of a discharge, and how it stands."""

    code: str
    met: bool
    value: Any
    needed: Any
    how: How


def criteria_of(said: Checklist, seen: Seen, pack: Criteria) -> tuple[Criterion, ...]:
    """Every criterion but the escort, as it stands; what is not known is not met."""
    answers = (
        "oriented",
        "dissociation_settled",
        "walks_unaided",
        "nausea_tolerable",
        "mood_safe",
        "instructions_given",
        "next_contact_booked",
        *(("line_removed",) if seen.route is Route.IV else ()),
    )
    return (
        _stay(seen, pack),
        *_measured(seen, pack),
        *(_answered(code, said, seen) for code in answers),
        _aldrete(said, pack),
        Criterion(
            code="waste_reconciled",
            met=not seen.waste_open,
            value=not seen.waste_open,
            needed=True,
            how=How.RECORDED,
        ),
    )


def unmet(criteria: Iterable[Criterion]) -> tuple[str, ...]:
    """The codes of those that speak against leaving."""
    return tuple(one.code for one in criteria if not one.met)


def _stay(seen: Seen, pack: Criteria) -> Criterion:
    ends_at = None
    if seen.last_dose_at is not None:
        ends_at = seen.last_dose_at + pack.minimum_stay[seen.route]
    return Criterion(
        code="minimum_stay",
        met=ends_at is not None and seen.now >= ends_at,
        value=seen.now.isoformat(),
        needed=ends_at.isoformat() if ends_at else None,
        how=How.RECORDED,
    )


def _measured(seen: Seen, pack: Criteria) -> Iterator[Criterion]:
    values = seen.values
    breaths = values.get(Measure.RESPIRATORY_RATE)
    unsettled = pack.respiratory_rate_unsettled
    awake = _checks_awake(seen.readings, pack)
    judged = {
        "blood_pressure": (
            _pressure_settled(seen, pack),
            [values.get(Measure.SYSTOLIC), values.get(Measure.DIASTOLIC)],
            [pack.systolic_at_most_mmhg, pack.diastolic_at_most_mmhg],
        ),
        "spo2": (
            values.get(Measure.SPO2, 0) >= pack.spo2_at_least_percent,
            values.get(Measure.SPO2),
            pack.spo2_at_least_percent,
        ),
        "respiratory_rate": (
            breaths is not None and not unsettled.crossed_by(breaths),
            breaths,
            {"outside": _bounds(unsettled)},
        ),
        "moaas": (
            Measure.MOAAS in values and awake >= pack.moaas_checks,
            values.get(Measure.MOAAS),
            {"score": pack.moaas_required, "checks": pack.moaas_checks},
        ),
    }
    for code, (met, value, needed) in judged.items():
        yield Criterion(
            code=code, met=met, value=value, needed=needed, how=How.MEASURED
        )


def _answered(code: str, said: Checklist, seen: Seen) -> Criterion:
    answer = getattr(said, code)
    met = answer is True
    if code == "mood_safe":
        # Who is flagged as in danger does not leave on somebody's impression.
        met = met and not seen.on_hold
    return Criterion(code=code, met=met, value=answer, needed=True, how=How.ANSWERED)


def _aldrete(said: Checklist, pack: Criteria) -> Criterion:
    parts = said.aldrete or {}
    total = sum(parts.values()) if parts.keys() == set(ALDRETE) else None
    return Criterion(
        code="aldrete",
        met=total is not None and total >= pack.aldrete_at_least,
        value=total,
        needed=pack.aldrete_at_least,
        how=How.ANSWERED,
    )


def _bounds(limit: Limit) -> dict[str, float]:
    return {name: value for name, value in asdict(limit).items() if value is not None}


def _pressure_settled(seen: Seen, pack: Criteria) -> bool:
    """Both are near the baseline, or both are low enough and do not rise."""
    both = (Measure.SYSTOLIC, Measure.DIASTOLIC)
    values = seen.values
    if any(measure not in values for measure in both):
        return False
    low_enough = (
        values[Measure.SYSTOLIC] <= pack.systolic_at_most_mmhg
        and values[Measure.DIASTOLIC] <= pack.diastolic_at_most_mmhg
    )
    if low_enough and not any(_rises(one, seen.readings, pack) for one in both):
        return True
    return all(
        _is_near(values[measure], seen.baseline.get(measure), pack.bp_tolerance_percent)
        for measure in both
    )


def _rises(measure: Measure, readings: Sequence[Vitals], pack: Criteria) -> bool:
    """Whether it rose between its last two readings; of one alone nobody can tell."""
    taken = [one.values[measure] for one in readings if measure in one.values]
    if len(taken) < 2:
        return True
    return taken[-1] - taken[-2] > pack.bp_rise_at_most_mmhg


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
