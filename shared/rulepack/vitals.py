"""What vital signs say: whether to go on before a dose, whom to call after it.

Ratings alert and are recorded; they recommend no drug and keep no reading from being
saved. Whether a value is possible at all is another question (`Range`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property

from shared.datafile import Number
from shared.errors import InvalidError
from shared.events import Code
from shared.rulepack.limits import Limit, as_number


class Measure(StrEnum):
    """What is measured, with its unit.

    `moaas` is the MOAA/S sedation scale, 0 to 5, `distress` the patient's own, 0 to 10.
    """

    SYSTOLIC = "systolic_mmhg"
    DIASTOLIC = "diastolic_mmhg"
    SPO2 = "spo2_percent"
    HEART_RATE = "heart_rate_bpm"
    RESPIRATORY_RATE = "respiratory_rate_bpm"
    MOAAS = "moaas"
    DISTRESS = "distress"


class VitalsPhase(StrEnum):
    """Which limits count: those before a dose, or those from the dose to discharge."""

    BEFORE_DOSE = "before_dose"
    DURING = "during"


class Status(StrEnum):
    """How a reading looks; ascending."""

    OK = "ok"
    AMBER = "amber"
    RED = "red"


class Decision(StrEnum):
    """What a reading before a dose leads to; ascending.

    A hold is rechecked or signed by a prescriber; after a stop there is no dose today.
    """

    GO = "go"
    HOLD = "hold"
    STOP = "stop"


_MEASURES = frozenset(Measure)

Reading = Mapping[str, Number | None]
"""Values by measure; a measure that was not taken is left out or None."""


@dataclass(frozen=True, kw_only=True)
class BeforeDose:
    """Limits before a dose; a hard hold is red, and no recheck lifts it by itself."""

    hold: Limit
    hard_hold: Limit | None = None
    stop: Limit


@dataclass(frozen=True, kw_only=True)
class During:
    """Limits from the dose to discharge; `rise` is one over the baseline."""

    amber: Limit
    rise: Limit | None = None
    red: Limit
    emergency: Limit | None = None


LimitsSaid = Mapping[str, Mapping[str, Mapping[str, float]]]
"""The limits of each measure, by name, with the bounds they set."""


@dataclass(frozen=True, kw_only=True)
class MeasureLimits:
    """The limits of one measure; `rule` opens the codes its alerts are known by."""

    rule: Code
    unit: str
    before_dose: BeforeDose
    during: During
    source: str


@dataclass(frozen=True, kw_only=True)
class MeasureRating:
    """What one value says; `rule_code` names the worst limit it crossed."""

    measure: Measure
    status: Status = Status.OK
    decision: Decision | None = None
    emergency: bool = False
    rule_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rating:
    """What a reading says; before a dose it also leads to a decision."""

    phase: VitalsPhase
    measures: tuple[MeasureRating, ...]

    @property
    def status(self) -> Status:
        """The worst status of any measure."""
        return max((rated.status for rated in self.measures), key=list(Status).index)

    @property
    def decision(self) -> Decision | None:
        """The strictest decision of any measure; None once a dose was given."""
        decisions = [rated.decision for rated in self.measures if rated.decision]
        return max(decisions, key=list(Decision).index, default=None)

    @property
    def emergency(self) -> bool:
        """Whether the emergency path is to be taken at once."""
        return any(rated.emergency for rated in self.measures)

    @property
    def rule_codes(self) -> tuple[str, ...]:
        """The limits that were crossed, each once."""
        codes = (rated.rule_code for rated in self.measures if rated.rule_code)
        return tuple(dict.fromkeys(codes))


@dataclass(frozen=True, kw_only=True)
class Vitals:
    """The limits of a pack, and the measures without which there is no go."""

    required_before_dose: tuple[Measure, ...]
    measures: Mapping[Measure, MeasureLimits]

    def __post_init__(self) -> None:
        if missing := set(Measure) - self.measures.keys():
            raise InvalidError(f"lacks {', '.join(sorted(missing))}", field="measures")
        if not self.required_before_dose:
            raise InvalidError("is empty", field="required_before_dose")

    @cached_property
    def said(self) -> Mapping[VitalsPhase, LimitsSaid]:
        """The limits of each phase as they are written down with a reading."""
        return {
            phase: {
                measure.value: _said(limits, phase)
                for measure, limits in self.measures.items()
            }
            for phase in VitalsPhase
        }

    def rate(
        self, reading: Reading, *, phase: VitalsPhase, baseline: Reading | None = None
    ) -> Rating:
        """What a reading says, measure by measure.

        Before a dose a required measure that was not taken is a hold: unknown is not
        fine. `baseline` is the reading before the first dose, for rises over it.

        Raises:
            InvalidError: a measure is not known, a value not a finite number, or
                the reading holds no value at all.
        """
        taken = _numbers(reading)
        if not taken:
            raise InvalidError("A reading holds at least one measure.")
        if phase is VitalsPhase.BEFORE_DOSE:
            rated = tuple(self._before_dose(taken))
        else:
            rated = tuple(self._during(taken, _numbers(baseline or {})))
        return Rating(phase=phase, measures=rated)

    def _before_dose(self, taken: Mapping[Measure, float]) -> Iterator[MeasureRating]:
        for measure in Measure:
            if measure in taken:
                limits = self.measures[measure]
                yield _rate_before_dose(measure, taken[measure], limits)
            elif measure in self.required_before_dose:
                yield MeasureRating(
                    measure=measure,
                    status=Status.AMBER,
                    decision=Decision.HOLD,
                    rule_code=f"{self.measures[measure].rule}_missing",
                )

    def _during(
        self, taken: Mapping[Measure, float], baseline: Mapping[Measure, float]
    ) -> Iterator[MeasureRating]:
        for measure, value in taken.items():
            rise = value - baseline[measure] if measure in baseline else None
            yield _rate_during(measure, value, rise, self.measures[measure])


def _said(
    limits: MeasureLimits, phase: VitalsPhase
) -> Mapping[str, Mapping[str, float]]:
    before = phase is VitalsPhase.BEFORE_DOSE
    named = asdict(limits.before_dose if before else limits.during)
    return {
        name: {bound: value for bound, value in limit.items() if value is not None}
        for name, limit in named.items()
        if limit is not None
    }


def _numbers(reading: Reading) -> dict[Measure, float]:
    """The values that were taken, in the order measures are declared in."""
    for name in reading:
        if name not in _MEASURES:
            raise InvalidError(f"{name} is not a measure.", field=name)
    return {
        measure: as_number(reading[measure], field=measure)
        for measure in Measure
        if reading.get(measure) is not None
    }


def _rate_before_dose(
    measure: Measure, value: float, limits: MeasureLimits
) -> MeasureRating:
    """The first limit crossed counts; they are tried from the strictest decision on."""
    before = limits.before_dose
    for name, limit, status, decision in (
        ("stop", before.stop, Status.RED, Decision.STOP),
        ("hard_hold", before.hard_hold, Status.RED, Decision.HOLD),
        ("hold", before.hold, Status.AMBER, Decision.HOLD),
    ):
        if limit is not None and limit.crossed_by(value):
            return MeasureRating(
                measure=measure,
                status=status,
                decision=decision,
                rule_code=f"{limits.rule}_{name}",
            )
    return MeasureRating(measure=measure, decision=Decision.GO)


def _rate_during(
    measure: Measure, value: float, rise: float | None, limits: MeasureLimits
) -> MeasureRating:
    """The first limit crossed counts; they are tried from the worst on."""
    during = limits.during
    for name, limit, number, status in (
        ("emergency", during.emergency, value, Status.RED),
        ("red", during.red, value, Status.RED),
        ("amber", during.amber, value, Status.AMBER),
        ("rise", during.rise, rise, Status.AMBER),
    ):
        if limit is not None and number is not None and limit.crossed_by(number):
            return MeasureRating(
                measure=measure,
                status=status,
                emergency=name == "emergency",
                rule_code=f"{limits.rule}_{name}",
            )
    return MeasureRating(measure=measure)
