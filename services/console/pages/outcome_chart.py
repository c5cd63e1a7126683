"""Where everything of an outcome chart stands: bands, doses, totals, gaps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from services.console import filters, wording

Row = Mapping[str, Any]

WIDTH, HEIGHT = 760, 270
LEFT, RIGHT, TOP, BOTTOM = 34, 132, 30, 28
MOST_DAYS = 5
"""Days written under a chart."""
APART = 13
"""How far from each other what is written above a chart stands, at the least."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something at a place along the time, and what it is called."""

    x: float
    name: str
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Band:
    """A range of totals with a name; `place` counts them from the lowest."""

    y: float
    height: float
    name: str
    place: int


@dataclass(frozen=True, kw_only=True)
class Level:
    """A line across at a total."""

    y: float
    name: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A total."""

    x: float
    y: float
    title: str
    is_alert: bool
    is_worse: bool
    is_baseline: bool


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One questionnaire's totals as a picture."""

    series: Row
    bands: list[Band]
    levels: list[Level]
    doses: list[Mark]
    gaps: list[Mark]
    lines: list[str]
    dots: list[Dot]
    days: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart_of(series: Row, doses: Sequence[Row]) -> Chart:
    """The chart of a series beside the doses of its episode."""
    points = series["points"]
    times = [filters.instant(row["recorded_at"]) for row in points]
    given = [filters.instant(row["given_at"]) for row in doses]
    scale = _Scale(sorted([*times, *given]), series["highest"])
    return Chart(
        series=series,
        bands=list(_bands(series, scale)),
        levels=list(_levels(series, scale)),
        doses=_spread(
            Mark(
                x=scale.x(at),
                name=str(row["seq"]),
                title=f"Dose {row['seq']}, {filters.moment(row['given_at'])}",
            )
            for row, at in zip(doses, given, strict=True)
        ),
        gaps=[
            Mark(x=scale.x(at), name="?", title=_missing(one))
            for one in series["missing"]
            if scale.holds(at := filters.instant(one["until"]))
        ],
        lines=_lines(points, times, scale),
        dots=[
            _dot(row, series, scale.x(at), scale.y(row["total"]))
            for row, at in zip(points, times, strict=True)
        ],
        days=_days(scale),
    )


class _Scale:
    """From times and totals to places in the picture."""

    def __init__(self, times: Sequence[datetime], highest: int) -> None:
        self.first, self.last = times[0], times[-1]
        self._seconds = (self.last - self.first).total_seconds()
        self._highest = highest

    def x(self, at: datetime) -> float:
        """How far to the right; a single moment stands in the middle."""
        width = WIDTH - LEFT - RIGHT
        if not self._seconds:
            return LEFT + width / 2
        share = (at - self.first).total_seconds() / self._seconds
        return round(LEFT + 10 + share * (width - 20), 1)

    def y(self, total: float) -> float:
        """How far down; the highest total stands at the top."""
        height = HEIGHT - TOP - BOTTOM
        return round(HEIGHT - BOTTOM - total / self._highest * height, 1)

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies within the picture."""
        return self.first <= at <= self.last


def _bands(series: Row, scale: _Scale) -> Iterator[Band]:
    tops = [band["lowest"] for band in series["bands"][1:]] + [series["highest"]]
    for place, (band, top) in enumerate(zip(series["bands"], tops, strict=False)):
        y = scale.y(top)
        yield Band(
            y=y,
            height=round(scale.y(band["lowest"]) - y, 1),
            name=filters.sentence(band["code"]),
            place=place,
        )


def _levels(series: Row, scale: _Scale) -> Iterator[Level]:
    for cut in series["cuts"]:
        name = f"{wording.mark(cut['code']).word}, {cut['at_least']}"
        yield Level(y=scale.y(cut["at_least"]), name=name, kind="cut")
    if (most := series["response_at_most"]) is not None:
        yield Level(y=scale.y(most), name=f"Response, {most}", kind="response")
    if (below := series["remission_below"]) is not None:
        name = f"Remission, below {below}"
        yield Level(y=scale.y(below), name=name, kind="remission")


def _lines(
    points: Sequence[Row], times: Sequence[datetime], scale: _Scale
) -> list[str]:
    """The points of each line; where an answer is missing, a new one begins."""
    lines: list[list[str]] = []
    for row, at in zip(points, times, strict=True):
        if not lines or row["follows_gap"]:
            lines.append([])
        lines[-1].append(f"{scale.x(at)},{scale.y(row['total'])}")
    return [" ".join(line) for line in lines if len(line) > 1]


def _dot(row: Row, series: Row, x: float, y: float) -> Dot:
    told = [f"{row['total']}, {filters.moment(row['recorded_at'])}"]
    told.append(wording.words(row["context"]))
    told.append("by the patient" if row["is_own"] else "entered by staff")
    if row["days_since_dose"] is not None:
        told.append(f"{row['days_since_dose']} days since the last dose")
    told.append(" ".join(f"{name}={one}" for name, one in row["answers"].items()))
    return Dot(
        x=x,
        y=y,
        title=" · ".join(told),
        is_alert=row["alert"],
        is_worse="deteriorated" in row["trends"],
        is_baseline=row["id"] == series["baseline_id"],
    )


def _missing(gap: Row) -> str:
    when = wording.words(gap["code"])
    return f"No answer {when}, by {filters.weekday(gap['until'])}"


def _spread(marks: Iterator[Mark] | Sequence[Mark]) -> list[Mark]:
    """Marks of which those too near to the one before lose their written name."""
    spread: list[Mark] = []
    written = -float(APART)
    for mark in marks:
        has_room = mark.x - written >= APART
        written = mark.x if has_room else written
        name = mark.name if has_room else ""
        spread.append(Mark(x=mark.x, name=name, title=mark.title))
    return spread


def _days(scale: _Scale) -> list[Mark]:
    """Days written under the chart, at even distances."""
    whole = (scale.last - scale.first).days
    count = min(MOST_DAYS, whole + 1)
    step = (scale.last - scale.first) / max(count - 1, 1)
    found = [scale.first + step * place for place in range(count)]
    marks = [Mark(x=scale.x(at), name=filters.weekday(at)) for at in found]
    return [
        *marks[:1],
        *(two for one, two in pairwise(marks) if two.name != one.name),
    ]
