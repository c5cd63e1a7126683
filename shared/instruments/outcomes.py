"""By which rules it is reported how patients fare after a course of doses."""

from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from itertools import pairwise

from shared import datafile
from shared.errors import InvalidError
from shared.events import Code


@dataclass(frozen=True, kw_only=True)
class Window:
    """How long after the last dose of a course an answer counts for a point of time.

    It opens with its first instant, and closes before its last.
    """

    code: Code
    opens_after: timedelta
    closes_after: timedelta
    source: str


@dataclass(frozen=True, kw_only=True)
class OutcomeRules:
    """When patients are looked at, and what is too few to be told.

    A scale of the experience belongs to a dose for `per_dose_within`; a count under
    `small_count` is not reported.
    """

    per_dose_within: timedelta
    small_count: int
    source: str
    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        """Windows follow one another, so that an answer counts once.

        Raises:
            InvalidError: they overlap, or one is empty.
        """
        is_empty = any(one.opens_after >= one.closes_after for one in self.windows)
        overlap = any(
            before.closes_after > after.opens_after
            for before, after in pairwise(self.windows)
        )
        if is_empty or overlap:
            raise InvalidError("do not follow one another", field="windows")


def _read() -> OutcomeRules:
    file = resources.files("shared.instruments") / "outcomes.toml"
    text = file.read_text(encoding="utf-8")
    return datafile.read(OutcomeRules, text, "outcome rules")


OUTCOME_RULES: OutcomeRules = _read()
"""The rules that ship with the product."""
