"""What the chart of a session shows: vital signs over minutes, and what happened."""

from collections.abc import Mapping
from typing import Any

from services.console import filters, wording

Row = Mapping[str, Any]

MINUTE_MS = 60_000

CHARTED = {
    "systolic": "systolic_mmhg",
    "diastolic": "diastolic_mmhg",
    "heart_rate": "heart_rate_bpm",
    "spo2": "spo2_percent",
}

_KINDS = {"hold": "amber", "amber": "amber", "stop": "red", "red": "red"}
"""Of the limits in force, those the chart draws."""

Limits = Mapping[str, Mapping[str, float]]
"""The limits of one measure: by name, the bounds they set."""


def chart(session: Row, readings: list[Row]) -> dict[str, Any]:
    """What the chart draws; times in minutes from the first dose or the opening.

    Args:
        readings: those that count, in the order they were taken in.
    """
    origin = filters.epoch(session["first_dose_at"] or session["opened_at"])

    def minute(at: str) -> float:
        return round((filters.epoch(at) - origin) / MINUTE_MS, 2)

    return {
        "origin": "first dose" if session["first_dose_at"] else "opening",
        "minutes": [minute(row["taken_at"]) for row in readings],
        "series": {
            name: [row.get(measure) for row in readings]
            for name, measure in CHARTED.items()
        },
        "limits": {
            name: lines(session["limits"].get(measure, {}))
            for name, measure in CHARTED.items()
        },
        "baseline": {
            name: session["baseline"].get(measure) for name, measure in CHARTED.items()
        },
        "marks": [
            {"kind": kind, "minute": minute(at), "label": label}
            for kind, at, label in sorted(_marks(session), key=lambda mark: mark[1])
        ],
    }


def _marks(session: Row) -> list[tuple[str, str, str]]:
    """What happened and what is due, each with its time and a word."""
    found = [
        ("dose", dose["given_at"], f"Dose {dose['seq']}") for dose in session["doses"]
    ]
    # The first phase begins with the first dose, which has a mark of its own.
    found += [
        ("phase", phase["at"], wording.mark(phase["phase"]).word)
        for phase in session["phases"][1:]
    ]
    found += [("note", note["at"], "Note") for note in session.get("quick_notes") or ()]
    if stays_until := session.get("earliest_discharge_at"):
        found.append(("due", stays_until, "May leave"))
    begun = session["first_dose_at"]
    found += [
        ("check", check["due_at"], f"{_minutes(begun, check['due_at'])} min")
        for check in session.get("checks") or ()
    ]
    return found


def _minutes(begun: str, at: str) -> int:
    return round((filters.epoch(at) - filters.epoch(begun)) / MINUTE_MS)


def lines(limits: Limits) -> list[dict[str, Any]]:
    """The limits of a measure as lines to draw."""
    return [
        {"kind": _KINDS[name], "at": value}
        for name, bounds in limits.items()
        if name in _KINDS
        for value in bounds.values()
    ]
