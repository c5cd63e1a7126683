"""The whole of a rule pack: every clinical number, named once, with unit and source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.datafile import Number
from shared.errors import InvalidError
from shared.events import Code
from shared.instruments import InstrumentCode
from shared.readiness import LASTING, FactName, Gate
from shared.rulepack.appointments import Appointments
from shared.rulepack.booking import Booking, Fasting
from shared.rulepack.cases import (
    Case,
    CaseResult,
    demand_sound,
    results_of,
    untested_rules,
)
from shared.rulepack.dose import DoseFinding, DoseRules, Route
from shared.rulepack.eligibility import Answers, Eligibility, Verdict
from shared.rulepack.interactions import EntryKind, Interaction
from shared.rulepack.ledger import LedgerRules
from shared.rulepack.limits import Range, as_number
from shared.rulepack.record import (
    NOTHING_REQUIRED,
    AdverseEventRules,
    NextDose,
    RecordRules,
    RemsRules,
)
from shared.rulepack.vitals import Measure, Rating, Reading, Vitals, VitalsPhase
from shared.rulepack.watching import Alerts, Discharge, Monitoring


@dataclass(frozen=True, kw_only=True)
class ReadinessRules:
    """Which facts each gate asks for, and how long a fact lasts once told."""

    source: str
    validity: Mapping[FactName, timedelta]
    gates: Mapping[Gate, tuple[FactName, ...]]

    def __post_init__(self) -> None:
        """No fact lasts for ever, no gate lets all in, the last one asks everything."""
        if missing := set(FactName) - LASTING - self.validity.keys():
            raise InvalidError(f"lacks {', '.join(sorted(missing))}", field="validity")
        if missing_gates := set(Gate) - self.gates.keys():
            told = ", ".join(sorted(missing_gates))
            raise InvalidError(f"lacks {told}", field="gates")
        last = set(self.gates[Gate.AUTHORISATION])
        for gate, facts in self.gates.items():
            if not facts:
                raise InvalidError("asks for nothing", field=f"gates.{gate}")
            if forgotten := set(facts) - last:
                told = ", ".join(sorted(forgotten))
                raise InvalidError(f"lacks {told}", field="gates.authorisation")


@dataclass(frozen=True, kw_only=True)
class Screening:
    """The instruments an intake cannot do without."""

    instruments: tuple[InstrumentCode, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class CrisisResource:
    """Where somebody in a crisis finds help at once, and in which region."""

    name: str
    contact: str
    region: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Crisis:
    """What is shown at once after an alarming answer."""

    resources: tuple[CrisisResource, ...]

    def __post_init__(self) -> None:
        if not self.resources:
            raise InvalidError("names nobody", field="resources")


@dataclass(frozen=True, kw_only=True)
class HoldRules:
    """When a reading that held a dose is taken again, and how often."""

    recheck_after: timedelta
    recheck_within: timedelta
    rechecks_at_most: int
    source: str


@dataclass(frozen=True, kw_only=True)
class Integration:
    """When integration is due after a dose, and when it counts as missed.

    `before_next_dose` says whether one that was missed blocks the next dose.
    """

    due_after: timedelta
    late_after: timedelta
    source: str
    before_next_dose: NextDose = NextDose.WARN


@dataclass(frozen=True, kw_only=True)
class Cancellation:
    """How much notice a cancellation gives that is not late."""

    late_notice: timedelta
    source: str


@dataclass(frozen=True, kw_only=True)
class Lift:
    """A rule of the base that a clinic does not apply, and why."""

    code: Code
    reason: str


@dataclass(frozen=True, kw_only=True)
class RulePack:
    """One version of the clinical numbers and criteria a clinic works by.

    `extends` is the pack it changes, `lifted` what it leaves out of that one, and
    `jurisdiction` where it may be used, if it may not be everywhere.
    `plausible_values` holds, by measure or by the name of a number in a screen, the
    values that are possible; abnormal is a matter for the limits.
    """

    version: Code
    title: str
    source: str
    readiness: ReadinessRules
    screening: Screening
    crisis: Crisis
    eligibility: Eligibility
    plausible_values: Mapping[Code, Range]
    vitals: Vitals
    hold: HoldRules
    dose: DoseRules
    monitoring: Monitoring
    discharge: Discharge
    alerts: Alerts
    integration: Integration
    cancellation: Cancellation
    appointments: Appointments
    ledger: LedgerRules
    booking: Booking
    fasting: Fasting
    interactions: tuple[Interaction, ...]
    cases: tuple[Case, ...]
    adverse_events: AdverseEventRules
    rems: RemsRules
    record: RecordRules = NOTHING_REQUIRED
    extends: Code | None = None
    jurisdiction: Code | None = None
    lifted: tuple[Lift, ...] = ()

    def __post_init__(self) -> None:
        """Every number has a range, every route that may be given is watched."""
        numbers = {*Measure, "weight_kg"} | self.eligibility.number_facts
        if missing := numbers - self.plausible_values.keys():
            told = ", ".join(sorted(missing))
            raise InvalidError(f"lacks {told}", field="plausible_values")
        for field, routes in (
            ("monitoring.routes", self.monitoring.routes),
            ("discharge.minimum_stay", self.discharge.minimum_stay),
        ):
            if missing_routes := self.dose.routes.keys() - routes.keys():
                told = ", ".join(sorted(missing_routes))
                raise InvalidError(f"lacks {told}", field=field)
        for one in self.interactions:
            if one.fact is not None and one.fact not in self.eligibility.yes_no_facts:
                where = f"interactions[{one.code}].fact"
                raise InvalidError("is asked by no rule", field=where)
        demand_sound(self.eligibility, self.cases)

    @property
    def case_results(self) -> list[CaseResult]:
        """What the rules say of each of the pack's own cases."""
        return results_of(self.eligibility, self.cases)

    @property
    def untested_rules(self) -> list[str]:
        """Codes of rules whose results the pack's cases do not hold to anything."""
        return untested_rules(self.eligibility, self.cases)

    def interactions_of(
        self, kind: EntryKind, name: str, rxnorm: str | None
    ) -> tuple[Interaction, ...]:
        """What speaks to an entry of a patient's list."""
        return tuple(
            one for one in self.interactions if one.speaks_to(kind, name, rxnorm)
        )

    def plausible(self, measure: str, value: Number) -> bool:
        """Whether a value is possible at all; an impossible one is asked about.

        Raises:
            InvalidError: the pack knows no such measure.
        """
        if measure not in self.plausible_values:
            raise InvalidError(f"{measure} is not a measure.", field=measure)
        try:
            number = as_number(value, field=measure)
        except InvalidError:
            return False
        return self.plausible_values[measure].holds(number)

    def evaluate_eligibility(self, answers: Answers) -> Verdict:
        """What the rules say about the answers of a safety screen.

        Raises:
            InvalidError: an answer is to no question the rules ask, of the wrong
                kind, or impossible.
        """
        for fact in answers.keys() & self.eligibility.number_facts:
            self._demand_plausible(fact, answers[fact])
        return self.eligibility.evaluate(answers)

    def rate_vitals(
        self, reading: Reading, *, phase: VitalsPhase, baseline: Reading | None = None
    ) -> Rating:
        """What a reading says; see `Vitals.rate`. Impossible values are rated too."""
        return self.vitals.rate(reading, phase=phase, baseline=baseline)

    def check_dose(
        self,
        *,
        route: Route,
        dose_mg: Number,
        weight_kg: Number | None,
        previous_dose_mg: Number | None = None,
    ) -> tuple[DoseFinding, ...]:
        """What speaks against a dose; see `DoseRules.check`.

        Raises:
            InvalidError: also for an impossible weight, which would hide a dose that
                is far too high.
        """
        if weight_kg is not None:
            self._demand_plausible("weight_kg", weight_kg)
        return self.dose.check(
            route=route,
            dose_mg=dose_mg,
            weight_kg=weight_kg,
            previous_dose_mg=previous_dose_mg,
        )

    def _demand_plausible(self, name: str, value: Number) -> None:
        if not self.plausible(name, value):
            raise InvalidError(f"{name} is not a possible value.", field=name)
