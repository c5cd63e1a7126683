"""What doses were given in a span of time, and what they were followed by, in figures.

A dose is what was authorised once: several devices of one dose count once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from uuid import UUID

from shared.rulepack import Route

SEVERE = 3
"""The grade from which an adverse event is severe."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """One dose; the weight is the last one before the session's first dose."""

    patient_id: UUID
    route: Route
    dose_mg: float
    weight_kg: float | None


@dataclass(frozen=True, kw_only=True)
class Peak:
    """The highest blood pressure of a session after its first dose."""

    route: Route
    systolic_mmhg: float | None
    diastolic_mmhg: float | None


@dataclass(frozen=True, kw_only=True)
class Happened:
    """How many adverse events were recorded of sessions by a route."""

    route: Route
    recorded: int
    severe: int
    serious: int


@dataclass(frozen=True, kw_only=True)
class DoseLine:
    """The figures of one route, or of all; None where they would tell of few patients.

    `recorded`, `severe` and `serious` are adverse events per hundred doses.
    """

    route: Route | None
    patients: int | None = None
    doses: int | None = None
    median_dose_mg: float | None = None
    median_dose_mg_per_kg: float | None = None
    median_peak_systolic_mmhg: float | None = None
    median_peak_diastolic_mmhg: float | None = None
    recorded_per_100: float | None = None
    severe_per_100: float | None = None
    serious_per_100: float | None = None


def report(
    doses: Sequence[Given],
    peaks: Sequence[Peak],
    events: Sequence[Happened],
    *,
    least: int,
) -> list[DoseLine]:
    """A line of all routes, then one of each that was used.

    Args:
        least: of how many patients figures are told.
    """
    untold = _untold(doses, least)
    return [
        DoseLine(route=route)
        if route in untold
        else _line(
            route,
            [one for one in doses if route in (None, one.route)],
            [one for one in peaks if route in (None, one.route)],
            [one for one in events if route in (None, one.route)],
        )
        for route in (None, *sorted({one.route for one in doses}))
    ]


def _untold(doses: Sequence[Given], least: int) -> set[Route | None]:
    """The lines that are not told: those of few patients, and as many more as it takes
    that what all lines but one add up to tells of no few patients either.
    """
    patients: dict[Route, set[UUID]] = defaultdict(set)
    for one in doses:
        patients[one.route].add(one.patient_id)
    hidden: set[UUID] = set()
    untold: set[Route | None] = set()
    for route, who in sorted(patients.items(), key=lambda item: len(item[1])):
        if len(who) < least or (untold and len(hidden) < least):
            untold.add(route)
            hidden |= who
    if len(set().union(*patients.values())) < least:
        untold.add(None)
    return untold


def _line(
    route: Route | None,
    doses: Sequence[Given],
    peaks: Iterable[Peak],
    events: Iterable[Happened],
) -> DoseLine:
    patients = len({one.patient_id for one in doses})
    peaks, events = list(peaks), list(events)
    by_weight = (one.dose_mg / one.weight_kg for one in doses if one.weight_kg)
    return DoseLine(
        route=route,
        patients=patients,
        doses=len(doses),
        median_dose_mg=_median((one.dose_mg for one in doses), digits=1),
        median_dose_mg_per_kg=_median(by_weight, digits=2),
        median_peak_systolic_mmhg=_median(one.systolic_mmhg for one in peaks),
        median_peak_diastolic_mmhg=_median(one.diastolic_mmhg for one in peaks),
        recorded_per_100=_rate((one.recorded for one in events), doses),
        severe_per_100=_rate((one.severe for one in events), doses),
        serious_per_100=_rate((one.serious for one in events), doses),
    )


def _median(values: Iterable[float | None], *, digits: int = 0) -> float | None:
    known = [one for one in values if one is not None]
    return round(median(known), digits) if known else None


def _rate(counts: Iterable[int], doses: Sequence[Given]) -> float:
    return round(100 * sum(counts) / len(doses), 1)
