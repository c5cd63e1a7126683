"""Vital signs on pages: the last values, and the fields they are entered in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.console import filters
from services.console.pages.plotting import Limits
from shared.rulepack import load_pack

Row = Mapping[str, Any]

_BOUNDS = {"below": "below", "at_most": "up to", "at_least": "from", "above": "above"}

_TREND_FROM = 0.03
"""A change by less than this part is no trend."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A value on the wall: one measure, or the two of blood pressure."""

    name: str
    unit: str
    measures: tuple[str, ...]


SHOWN = (
    Shown(
        name="Blood pressure",
        unit="mmHg",
        measures=("systolic_mmhg", "diastolic_mmhg"),
    ),
    Shown(name="Heart rate", unit="/min", measures=("heart_rate_bpm",)),
    Shown(name="SpO₂", unit="%", measures=("spo2_percent",)),
    Shown(name="Breathing", unit="/min", measures=("respiratory_rate_bpm",)),
    Shown(name="MOAA/S", unit="of 5", measures=("moaas",)),
)

ENTERED = {
    "systolic_mmhg": ("Systolic", "mmHg"),
    "diastolic_mmhg": ("Diastolic", "mmHg"),
    "heart_rate_bpm": ("Heart rate", "/min"),
    "spo2_percent": ("SpO₂", "%"),
    "respiratory_rate_bpm": ("Breathing", "/min"),
    "moaas": ("MOAA/S", "of 5"),
    "distress": ("Distress", "of 10"),
}
"""What is entered, in the order it is taken in, with its unit."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """Where one measure is entered.

    `low` and `high` are the product's own bounds of what is possible: beyond them the
    page asks once more, and the service decides.
    """

    measure: str
    label: str
    unit: str
    low: float
    high: float
    before: float | None = None


@dataclass(frozen=True, kw_only=True)
class Value:
    """The last time something was measured; without a text it never was."""

    shown: Shown
    text: str = ""
    status: str = "ok"
    taken_at: str | None = None
    trend: str = ""
    limits: str = ""
    origin: str = ""


def in_order(readings: Iterable[Row]) -> list[Row]:
    """Readings, earliest first."""
    return sorted(readings, key=lambda row: row["taken_at"])


def entry_fields(readings: list[Row]) -> list[Field]:
    """The fields of the entry, each with the value it had before.

    Args:
        readings: in the order they were taken in.
    """
    possible = load_pack().plausible_values
    return [
        Field(
            measure=measure,
            label=label,
            unit=unit,
            low=possible[measure].low,
            high=possible[measure].high,
            before=_latest(readings, measure),
        )
        for measure, (label, unit) in ENTERED.items()
        if measure in possible
    ]


def _latest(readings: list[Row], measure: str) -> float | None:
    taken = (_value(row, measure) for row in reversed(readings))
    return next((value for value in taken if value is not None), None)


def last_values(
    readings: list[Row],
    limits: Mapping[str, Limits],
    origins: Mapping[str, str] | None = None,
) -> list[Value]:
    """The last value of everything that is shown.

    Args:
        readings: in the order they were taken in.
        limits: those in force, by measure.
        origins: where each comes from, by measure.
    """
    return [_last(shown, readings, limits, origins or {}) for shown in SHOWN]


def _last(
    shown: Shown,
    readings: list[Row],
    limits: Mapping[str, Limits],
    origins: Mapping[str, str],
) -> Value:
    taken = [row for row in readings if _value(row, shown.measures[0]) is not None]
    if not taken:
        return Value(shown=shown)
    row = taken[-1]
    numbers = [filters.number(_value(row, measure)) for measure in shown.measures]
    return Value(
        shown=shown,
        text="/".join(numbers),
        status=_worst(row, shown.measures),
        limits=_in_words([limits.get(measure, {}) for measure in shown.measures]),
        origin=origins.get(shown.measures[0], ""),
        taken_at=row["taken_at"],
        trend=_trend([_value(r, shown.measures[0]) or 0 for r in taken[-2:]]),
    )


def _value(row: Row, measure: str) -> float | None:
    found: float | None = row.get(measure)
    return found


def _worst(row: Row, measures: tuple[str, ...]) -> str:
    """The gravest status of some measures of one reading."""
    ratings = row.get("ratings", ())
    found = {one["status"] for one in ratings if one["measure"] in measures}
    return next((status for status in ("red", "amber") if status in found), "ok")


def _trend(last_two: list[float]) -> str:
    if len(last_two) < 2:
        return ""
    before, now = last_two
    if abs(now - before) <= abs(before) * _TREND_FROM:
        return "steady"
    return "rising" if now > before else "falling"


def _in_words(limits: list[Limits]) -> str:
    """The limits that call somebody, as text: below 92, or from 180/110."""
    red = [found.get("red") or found.get("stop") or {} for found in limits]
    return ", ".join(
        f"{_BOUNDS[name]} "
        + "/".join(filters.number(bounds[name]) for bounds in red if name in bounds)
        for name in red[0]
    )
