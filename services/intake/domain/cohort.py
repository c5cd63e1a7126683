"""How many of how many: a cohort's figures, and which of them are told.

A count of too few is told nowhere. Nor can it be worked out: sums add up only what is
printed above them, so nothing on a page depends on a number that is not on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID


class FigureCode(StrEnum):
    """What is counted."""

    OVER = "over"
    """Courses that are over, of all that began."""
    COMPLETED = "completed"
    """Courses carried through, of those that are over."""
    NO_SHOW = "no_show"
    """Doses nobody came for, of those and the sessions that were opened."""
    INTEGRATED = "integrated"
    """Integrations that took place in time, of those whose time is over."""
    MEASURED = "measured"
    """Patients with a baseline who answered in a window, once it is over."""
    RESPONSE = "response"
    REMISSION = "remission"
    """Below the remission limit, of those who were not so at the baseline."""
    IMPROVED = "improved"
    """Fallen since the baseline by as much as means something."""
    DETERIORATED = "deteriorated"
    """Risen since the baseline by as much as means something."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """So many of so many; None is not told.

    Of answers it names the questionnaire and the window.
    """

    code: FigureCode
    count: int | None
    of: int | None
    instrument: str | None = None
    window: str | None = None

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """What it is a figure of, whoever it is about."""
        return (self.code.value, self.instrument, self.window)

    @property
    def percent(self) -> float | None:
        """The count in a hundred, to a tenth; None if either is not told."""
        if self.count is None or not self.of:
            return None
        return round(100 * self.count / self.of, 1)


class LineKind(StrEnum):
    """Whom a line is about."""

    CLINIC = "clinic"
    SMALLER = "smaller"
    """Clinics too small for a line of their own, together."""
    SUM = "sum"
    """What is printed in the lines above, added up."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """The figures of a clinic, or of several; `courses` is how many began."""

    kind: LineKind
    courses: int | None
    figures: tuple[Figure, ...]
    clinic_id: UUID | None = None
    clinics: int = 1
    median_days_to_dose: int | None = None


def printed(line: Line, least: int) -> Line:
    """A line as it is told: no count under the least, nothing of so few courses."""
    if line.courses is None or line.courses < least:
        hidden = [replace(one, count=None, of=None) for one in line.figures]
        return replace(
            line, courses=None, figures=tuple(hidden), median_days_to_dose=None
        )
    told = [
        replace(one, count=_told(one.count, least), of=_told(one.of, least))
        for one in line.figures
    ]
    return replace(line, figures=tuple(told))


def compared(lines: Sequence[Line], least: int) -> list[Line]:
    """Clinics side by side as they are told, and the sum of what is printed."""
    own = [line for line in lines if (line.courses or 0) >= least]
    small = [line for line in lines if (line.courses or 0) < least]
    together = _together(small, LineKind.SMALLER)
    # Were all of them as large as a small one can be, each could be told from the sum.
    may_show = least <= (together.courses or 0) < len(small) * (least - 1)
    shown = [printed(line, least) for line in own]
    if len(small) > 1 and may_show:
        shown.append(printed(together, least))
    return [*shown, _together(shown, LineKind.SUM)] if shown else []


def _told(number: int | None, least: int) -> int | None:
    return number if number is not None and number >= least else None


def _together(lines: Sequence[Line], kind: LineKind) -> Line:
    """Lines added up; a figure counts with both of its numbers or not at all."""
    sums: dict[tuple[str, str | None, str | None], Figure] = {}
    for figure in _whole(lines):
        earlier = sums.get(figure.key)
        sums[figure.key] = figure if earlier is None else _plus(earlier, figure)
    empty = {
        figure.key: replace(figure, count=None, of=None)
        for line in lines
        for figure in line.figures
    }
    return Line(
        kind=kind,
        courses=sum(line.courses or 0 for line in lines),
        figures=tuple((empty | sums).values()),
        clinics=sum(line.clinics for line in lines),
    )


def _whole(lines: Iterable[Line]) -> Iterable[Figure]:
    """Every figure that is told with both of its numbers."""
    for line in lines:
        for figure in line.figures:
            if figure.count is not None and figure.of is not None:
                yield figure


def _plus(one: Figure, other: Figure) -> Figure:
    return replace(
        one,
        count=(one.count or 0) + (other.count or 0),
        of=(one.of or 0) + (other.of or 0),
    )
