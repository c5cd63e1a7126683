"""How a patient is watched after a dose, who is called, when the patient may leave."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import InvalidError
from shared.events import Code
from shared.rulepack.dose import Route
from shared.rulepack.limits import Limit
from shared.rulepack.vitals import Measure


@dataclass(frozen=True, kw_only=True)
class RouteChecks:
    """When vital signs are taken: so long after the first dose, then at intervals.

    `measures` are those a check is not complete without.
    """

    check_points: tuple[timedelta, ...]
    then_every: timedelta
    measures: tuple[Measure, ...]
    source: str

    def __post_init__(self) -> None:
        ascending = tuple(sorted(set(self.check_points)))
        if not ascending or ascending != self.check_points:
            raise InvalidError("is not ascending", field="check_points")
        if not self.measures:
            raise InvalidError("is empty", field="measures")

    def points(self) -> Iterator[timedelta]:
        """How long after the first dose each check is due, without an end."""
        yield from self.check_points
        last = self.check_points[-1]
        while True:
            last += self.then_every
            yield last


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """How often a patient is checked after a dose; when a check is late or missed.

    A reading counts for a check that is due within `early_by`. Who is asked about a
    missed check, and then about nobody having come, `escalation_roles` says.
    """

    early_by: timedelta
    late_after: timedelta
    missed_after: timedelta
    escalation_roles: tuple[Code, ...]
    source: str
    routes: Mapping[Route, RouteChecks]

    def __post_init__(self) -> None:
        if self.missed_after < self.late_after:
            raise InvalidError("is before a check is late", field="missed_after")
        if not self.escalation_roles:
            raise InvalidError("names nobody", field="escalation_roles")


@dataclass(frozen=True, kw_only=True)
class Discharge:
    """What must be so before a patient leaves.

    `minimum_stay` counts from the last dose, with an infusion from its end. Blood
    pressure has settled within the tolerance around baseline, or under both limits
    without having risen by more than the allowed since the reading before. The modified
    Aldrete score adds up five parts of 0 to 2. `escort_asked_after` says how long a
    patient has waited for an escort when the next role is asked.
    """

    minimum_stay: Mapping[Route, timedelta]
    moaas_required: int
    moaas_checks: int
    moaas_checks_apart: timedelta
    bp_tolerance_percent: float
    bp_rise_at_most_mmhg: float
    systolic_at_most_mmhg: float
    diastolic_at_most_mmhg: float
    spo2_at_least_percent: float
    respiratory_rate_unsettled: Limit
    aldrete_at_least: int
    escort_asked_after: tuple[timedelta, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """How soon somebody answers an alert, and which roles are asked one by one.

    Where nobody comes, the next role is asked, and the last one again and again. Who
    takes an alert on measures again within `recheck_within`.
    """

    respond_within: timedelta
    ask_again_after: timedelta
    recheck_within: timedelta
    escalation_roles: tuple[Code, ...]
    source: str

    def __post_init__(self) -> None:
        if not self.escalation_roles:
            raise InvalidError("names nobody", field="escalation_roles")
