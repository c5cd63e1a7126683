"""How much may be given: the limits of each route, and what they say about a dose.

Doses of different routes are never converted into each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.datafile import Number
from shared.errors import InvalidError
from shared.rulepack.limits import Limit, as_number

_PRECISION = 6
"""Quotients are rounded to so many decimals, so that 105.3 mg for 70.2 kg is exactly
1.5 mg/kg and not, by a binary fraction, more than that."""


class Route(StrEnum):
    """How ketamine is given: vein, muscle, under the tongue, esketamine as a spray."""

    IV = "iv"
    IM = "im"
    SL = "sl"
    ESKETAMINE_NASAL = "esketamine_nasal"


class DoseUnit(StrEnum):
    """What the limits of a route are expressed in."""

    MG = "mg"
    MG_PER_KG = "mg/kg"


class DoseSeverity(StrEnum):
    """What a finding asks for."""

    HARD = "hard"
    """The dose is refused; only another rule pack can allow it."""
    SOFT = "soft"
    """The prescriber confirms a dose outside the usual range."""
    REASON = "reason"
    """The prescriber says why the dose changed so much."""


@dataclass(frozen=True, kw_only=True)
class DoseFinding:
    """What speaks against a dose."""

    code: str
    severity: DoseSeverity


@dataclass(frozen=True, kw_only=True)
class RouteLimits:
    """What one route allows: fixed doses only, or anything within a hard limit.

    A dose that is given by devices is given one `device_mg` at a time, the next after
    `device_spacing`. `concentrations_mg_per_ml` are those of the vials there are; a
    route without any is not given by volume. With `prescriber_on_site` one has to be
    there, with `verified` a second person checks each dose.
    """

    unit: DoseUnit
    soft: Limit | None = None
    hard: Limit | None = None
    fixed_doses_mg: tuple[float, ...] = ()
    device_mg: float | None = None
    device_spacing: timedelta | None = None
    concentrations_mg_per_ml: tuple[float, ...] = ()
    prescriber_on_site: bool = False
    verified: bool = False
    source: str

    def __post_init__(self) -> None:
        if self.hard is None and not self.fixed_doses_mg:
            raise InvalidError("is missing, and so are fixed doses", field="hard")
        if (self.device_mg is None) is not (self.device_spacing is None):
            raise InvalidError("goes with device_mg", field="device_spacing")

    @property
    def by_weight(self) -> bool:
        """Whether a dose can only be judged with the patient's weight."""
        return self.unit is DoseUnit.MG_PER_KG

    def check_concentration(self, mg_per_ml: Number) -> DoseFinding | None:
        """What speaks against a concentration.

        Raises:
            InvalidError: nothing is given by volume on this route.
        """
        known = self.concentrations_mg_per_ml
        if not known:
            raise InvalidError(
                "this route is not given by volume", field="concentration_mg_per_ml"
            )
        if float(mg_per_ml) in known:
            return None
        return DoseFinding(code="unusual_concentration", severity=DoseSeverity.REASON)

    def check(self, dose_mg: float, weight_kg: float | None) -> DoseFinding | None:
        """The gravest thing the limits say against a dose."""
        if self.by_weight and weight_kg is None:
            return DoseFinding(code="weight_missing", severity=DoseSeverity.HARD)
        if self.fixed_doses_mg and dose_mg not in self.fixed_doses_mg:
            return DoseFinding(code="not_a_fixed_dose", severity=DoseSeverity.HARD)
        per = weight_kg if self.by_weight and weight_kg is not None else 1.0
        amount = round(dose_mg / per, _PRECISION)
        if self.hard is not None and self.hard.crossed_by(amount):
            return DoseFinding(code="hard_limit", severity=DoseSeverity.HARD)
        if self.soft is not None and self.soft.crossed_by(amount):
            return DoseFinding(code="soft_limit", severity=DoseSeverity.SOFT)
        return None


@dataclass(frozen=True, kw_only=True)
class DoseRules:
    """What a pack says about doses."""

    change_needs_reason_percent: float
    minimum_spacing: timedelta
    source: str
    routes: Mapping[Route, RouteLimits]

    def check(
        self,
        *,
        route: Route,
        dose_mg: Number,
        weight_kg: Number | None,
        previous_dose_mg: Number | None = None,
    ) -> tuple[DoseFinding, ...]:
        """What speaks against a dose; nothing found means within all limits.

        Args:
            weight_kg: a current weight; None if there is none.
            previous_dose_mg: the last dose by the same route, if there was one.

        Raises:
            InvalidError: a number is not above zero, or the pack has no such route.
        """
        if route not in self.routes:
            raise InvalidError(f"The rule pack does not allow {route}.", field="route")
        dose = _positive(dose_mg, field="dose_mg")
        weight = None if weight_kg is None else _positive(weight_kg, field="weight_kg")
        findings = [self.routes[route].check(dose, weight)]
        if previous_dose_mg is not None:
            previous = _positive(previous_dose_mg, field="previous_dose_mg")
            findings.append(self._change(dose, previous))
        return tuple(finding for finding in findings if finding is not None)

    def _change(self, dose_mg: float, previous_mg: float) -> DoseFinding | None:
        percent = round(abs(dose_mg - previous_mg) / previous_mg * 100, _PRECISION)
        if percent <= self.change_needs_reason_percent:
            return None
        return DoseFinding(code="dose_changed", severity=DoseSeverity.REASON)


def _positive(value: Number, *, field: str) -> float:
    number = as_number(value, field=field)
    if number <= 0:
        raise InvalidError(f"{field} is not above zero.", field=field)
    return number
