"""What a questionnaire is: what it asks, and what its answers come to.

Items carry codes and short labels of our own; a clinic loads the validated wording.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import InvalidError
from shared.events import Code

MOST_ITEMS = 100
HIGHEST_ANSWER = 100


class InstrumentCode(StrEnum):
    """The questionnaires that ship with the product."""

    PHQ9 = "phq9"
    GAD7 = "gad7"
    PCL5 = "pcl5"
    CSSRS = "cssrs"
    AUDIT_C = "audit_c"
    DAST10 = "dast10"


class RiskLevel(StrEnum):
    """What a triage of suicidal thoughts and behaviour says; ascending."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True)
class Item:
    """A question, answered with a whole number from 0 to `highest`.

    One with `asked_if` needs an answer only after a yes to that item; of a `reversed`
    one the highest answer counts nothing.
    """

    name: Code
    label: str
    highest: int
    loinc: str | None = None
    asked_if: Code | None = None
    reversed: bool = False


@dataclass(frozen=True, kw_only=True)
class Band:
    """A name for totals from a number up to the next band."""

    code: Code
    lowest: int


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A finding once a total is reached.

    If the total comes from one item alone that `not_from` names, the finding is
    `otherwise`.
    """

    code: Code
    at_least: int
    not_from: Code | None = None
    otherwise: Code | None = None


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A group of items, of which some must be answered with a number or more."""

    code: Code
    items: tuple[Code, ...]
    counted_from: int
    needed: int


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A finding if every one of its clusters is there."""

    code: Code
    clusters: tuple[Cluster, ...]


@dataclass(frozen=True, kw_only=True)
class Triage:
    """A level that a yes to any of some items leads to."""

    level: RiskLevel
    items: tuple[Code, ...]


@dataclass(frozen=True, kw_only=True)
class ChangeRules:
    """When a change between two totals means something; lower is better.

    `meaningful_points` is also how far a total may rise before it counts as worse.
    """

    meaningful_points: int
    response_percent: int | None = None
    remission_below: int | None = None
    source: str


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One version of a questionnaire: summed, or triaged into levels and never summed.

    An answer above 0 to one of `alert_items` needs a clinician now, and asks for the
    questionnaire `follow_up` at once.
    """

    code: Code
    version: Code
    title: str
    source: str
    items: tuple[Item, ...]
    loinc: str | None = None
    result_loinc: str | None = None
    bands: tuple[Band, ...] = ()
    cuts: tuple[Cut, ...] = ()
    pattern: Pattern | None = None
    triage: tuple[Triage, ...] = ()
    alert_items: tuple[Code, ...] = ()
    follow_up: Code | None = None
    change: ChangeRules | None = None

    def __post_init__(self) -> None:
        """Names are there once, what refers to an item finds it, totals have a band.

        Raises:
            InvalidError: the field that does not fit.
        """
        if not 0 < len(self.items) <= MOST_ITEMS:
            raise InvalidError(f"has none, or more than {MOST_ITEMS}", field="items")
        names = [item.name for item in self.items]
        _demand_once(names, "items")
        if any(not 0 < item.highest <= HIGHEST_ANSWER for item in self.items):
            raise InvalidError(f"is not 1 to {HIGHEST_ANSWER}", field="items.highest")
        self._demand_known(names)
        if self.triage and (self.bands or self.cuts or self.pattern or self.change):
            raise InvalidError("a triage is never summed", field="triage")
        lowest = [band.lowest for band in self.bands]
        if lowest and (lowest[0] != 0 or lowest != sorted(set(lowest))):
            raise InvalidError("must ascend from 0", field="bands")
        _demand_once([band.code for band in self.bands], "bands")
        _demand_once([cut.code for cut in self.cuts], "cuts")

    @property
    def highest_total(self) -> int:
        """The sum of the highest answers."""
        return sum(item.highest for item in self.items)

    def _demand_known(self, names: list[str]) -> None:
        named = {
            "alert_items": self.alert_items,
            "items.asked_if": [i.asked_if for i in self.items if i.asked_if],
            "cuts.not_from": [cut.not_from for cut in self.cuts if cut.not_from],
            "triage": [name for row in self.triage for name in row.items],
            "pattern": [
                name
                for cluster in (self.pattern.clusters if self.pattern else ())
                for name in cluster.items
            ],
        }
        for field, referred in named.items():
            if unknown := sorted(set(referred) - set(names)):
                told = ", ".join(unknown)
                raise InvalidError(f"names no item: {told}", field=field)


def _demand_once(names: Iterable[str], field: str) -> None:
    listed = list(names)
    if len(set(listed)) < len(listed):
        raise InvalidError("names something twice", field=field)
