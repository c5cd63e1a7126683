"""Vital signs as pages show them: the last values large, all of them as a chart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.console import filters

Row = Mapping[str, Any]

MINUTE_MS = 60_000

Limits = Mapping[str, Mapping[str, float]]
"""The limits of one measure: by name, the bounds they set."""

_BOUNDS = {"below": "below", "at_most": "up to", "at_least": "from", "above": "above"}

_KINDS = {"hold": "amber", "amber": "amber", "stop": "red", "red": "red"}
"""Of the limits in force, those the chart draws."""

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

CHARTED = {
    "systolic": "systolic_mmhg",
    "diastolic": "diastolic_mmhg",
    "heart_rate": "heart_rate_bpm",
    "spo2": "spo2_percent",
}


@dataclass(frozen=True, kw_only=True)
class Value:
    """The last time something was measured; without a text it never was."""

    shown: Shown
    text: str = ""
    status: str = "ok"
    taken_at: str | None = None
    trend: str = ""
    limits: str = ""


def in_order(readings: Iterable[Row]) -> list[Row]:
    """Readings, earliest first."""
    return sorted(readings, key=lambda row: row["taken_at"])


def last_values(readings: list[Row], limits: Mapping[str, Limits]) -> list[Value]:
    """The last value of everything that is shown.

    Args:
        readings: in the order they were taken in.
        limits: those in force, by measure.
    """
    return [_last(shown, readings, limits) for shown in SHOWN]


def _last(shown: Shown, readings: list[Row], limits: Mapping[str, Limits]) -> Value:
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


def chart(session: Row) -> dict[str, Any]:
    """What the chart draws; times in minutes from the first dose or the opening."""
    readings = in_order(session["vitals"])
    origin = filters.epoch(session["first_dose_at"] or session["opened_at"])

    def minute(at: str) -> float:
        return round((filters.epoch(at) - origin) / MINUTE_MS, 2)

    return {
        "origin": "first dose" if session["first_dose_at"] else "opening",
        "minutes": [minute(row["taken_at"]) for row in readings],
        "series": {
            name: [_value(row, measure) for row in readings]
            for name, measure in CHARTED.items()
        },
        "limits": {
            name: lines(session["limits"].get(measure, {}))
            for name, measure in CHARTED.items()
        },
        "doses": [
            {"minute": minute(dose["given_at"]), "label": f"Dose {dose['seq']}"}
            for dose in session["doses"]
        ],
    }


def lines(limits: Limits) -> list[dict[str, Any]]:
    """The limits of a measure as lines to draw."""
    return [
        {"kind": _KINDS[name], "at": value}
        for name, bounds in limits.items()
        if name in _KINDS
        for value in bounds.values()
    ]


def _in_words(limits: list[Limits]) -> str:
    """The limits that call somebody, as text: below 92, or from 180/110."""
    red = [found.get("red") or found.get("stop") or {} for found in limits]
    return ", ".join(
        f"{_BOUNDS[name]} "
        + "/".join(filters.number(bounds[name]) for bounds in red if name in bounds)
        for name in red[0]
    )
