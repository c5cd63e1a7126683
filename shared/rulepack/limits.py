"""Bounds on a number: where it stops being usual, and where it stops being possible."""

import math
from dataclasses import dataclass

from shared.datafile import finite
from shared.errors import InvalidError


def as_number(value: object, *, field: str) -> float:
    """A finite number as a float, or an error that names the field it was given in.

    Raises:
        InvalidError: it is not a number, or not a finite one.
    """
    try:
        return finite(value)
    except ValueError as error:
        raise InvalidError(f"{field} {error}.", field=field) from error


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Bounds that a number crosses; each name says whether its own value counts.

    `below` and `above` leave the number itself out, `at_most` and `at_least` take
    it in. Crossing any one of the bounds crosses the limit.
    """

    below: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    above: float | None = None

    def __post_init__(self) -> None:
        bounds = (self.below, self.at_most, self.at_least, self.above)
        if all(bound is None for bound in bounds):
            raise InvalidError("names no bound, so nothing would ever cross it")

    def covers(self, other: "Limit") -> bool:
        """Whether every number that crosses another limit crosses this one too."""
        return self._upper <= other._upper and self._lower <= other._lower

    @property
    def _upper(self) -> tuple[float, bool]:
        """Where the high side begins; a bound that counts itself begins before."""
        bounds = ((self.at_least, False), (self.above, True))
        return min(
            ((value, leaves_out) for value, leaves_out in bounds if value is not None),
            default=(math.inf, True),
        )

    @property
    def _lower(self) -> tuple[float, bool]:
        """The same of the low side, mirrored."""
        bounds = ((self.at_most, False), (self.below, True))
        return min(
            ((-value, leaves_out) for value, leaves_out in bounds if value is not None),
            default=(math.inf, True),
        )

    def crossed_by(self, value: float) -> bool:
        """Whether a number is beyond one of the bounds."""
        return (
            (self.below is not None and value < self.below)
            or (self.at_most is not None and value <= self.at_most)
            or (self.at_least is not None and value >= self.at_least)
            or (self.above is not None and value > self.above)
        )


@dataclass(frozen=True, kw_only=True)
class Range:
    """The values a measure can have in a living patient, ends included."""

    unit: str
    low: float
    high: float
    source: str

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InvalidError("ends before it begins", field="high")

    def holds(self, value: float) -> bool:
        """Whether a value is possible."""
        return self.low <= value <= self.high
