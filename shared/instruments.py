"""Questionnaires: what they ask, how they are scored, and which answers cannot wait.

Items carry codes and short labels of our own; a clinic loads the validated wording.
Scores and alerts are worked out here, on the server, in the same step as saving.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shared.errors import InvalidError


class InstrumentCode(StrEnum):
    """The questionnaires that can be scored."""

    PHQ9 = "phq9"
    GAD7 = "gad7"
    CSSRS = "cssrs"


class RiskLevel(StrEnum):
    """What a triage of suicidal thoughts and behaviour says; ascending."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True)
class Item:
    """A question; one with `asked_if` needs an answer only after a yes to that item."""

    name: str
    loinc: str
    label: str
    highest: int
    asked_if: str | None = None


@dataclass(frozen=True, kw_only=True)
class Band:
    """A name for totals from a number up to the next band."""

    code: str
    lowest: int


@dataclass(frozen=True, kw_only=True)
class Triage:
    """A level that a yes to any of some items leads to."""

    level: RiskLevel
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """A questionnaire as data: summed into bands, or triaged into levels.

    An answer above 0 to one of `alert_items` needs a clinician now.
    """

    code: InstrumentCode
    title: str
    loinc: str
    result_loinc: str
    items: tuple[Item, ...]
    bands: tuple[Band, ...] = ()
    triage: tuple[Triage, ...] = ()
    alert_items: tuple[str, ...] = ()
    source: str


@dataclass(frozen=True, kw_only=True)
class Score:
    """What answers come to; a triaged instrument has a level and never a total."""

    total: int | None = None
    band: str | None = None
    level: RiskLevel | None = None
    alert: bool = False


def _items(highest: int, *asked: tuple[str, str]) -> tuple[Item, ...]:
    """Items q1, q2 and so on, from pairs of LOINC code and label."""
    return tuple(
        Item(name=f"q{number}", loinc=loinc, label=label, highest=highest)
        for number, (loinc, label) in enumerate(asked, start=1)
    )


_PHQ9 = Instrument(
    code=InstrumentCode.PHQ9,
    title="PHQ-9, depression",
    loinc="44249-1",
    result_loinc="44261-6",
    items=_items(
        3,
        ("44250-9", "Interest and pleasure"),
        ("44255-8", "Mood"),
        ("44259-0", "Sleep"),
        ("44254-1", "Energy"),
        ("44251-7", "Appetite"),
        ("44258-2", "View of oneself"),
        ("44252-5", "Concentration"),
        ("44253-3", "Slowness or restlessness"),
        ("44260-8", "Thoughts of death or self-harm"),
    ),
    bands=(
        Band(code="minimal", lowest=0),
        Band(code="mild", lowest=5),
        Band(code="moderate", lowest=10),
        Band(code="moderately_severe", lowest=15),
        Band(code="severe", lowest=20),
    ),
    alert_items=("q9",),
    source="Kroenke, Spitzer and Williams 2001",
)

_GAD7 = Instrument(
    code=InstrumentCode.GAD7,
    title="GAD-7, anxiety",
    loinc="69737-5",
    result_loinc="70274-6",
    items=_items(
        3,
        ("69725-0", "Nervousness"),
        ("68509-9", "Control over worry"),
        ("69733-4", "Amount of worry"),
        ("69734-2", "Relaxing"),
        ("69735-9", "Sitting still"),
        ("69689-8", "Irritability"),
        ("69736-7", "Fear that something happens"),
    ),
    bands=(
        Band(code="minimal", lowest=0),
        Band(code="mild", lowest=5),
        Band(code="moderate", lowest=10),
        Band(code="severe", lowest=15),
    ),
    source="Spitzer, Kroenke, Williams and Löwe 2006",
)


def _cssrs_item(name: str, loinc: str, label: str, asked_if: str | None = None) -> Item:
    return Item(name=name, loinc=loinc, label=label, highest=1, asked_if=asked_if)


_CSSRS = Instrument(
    code=InstrumentCode.CSSRS,
    title="C-SSRS screener, suicide risk",
    loinc="93373-9",
    result_loinc="93374-7",
    items=(
        _cssrs_item("q1", "93246-7", "Wish to be dead"),
        _cssrs_item("q2", "93247-5", "Thoughts of suicide"),
        _cssrs_item("q3", "93248-3", "A method in mind", "q2"),
        _cssrs_item("q4", "93249-1", "Some intent", "q2"),
        _cssrs_item("q5", "93250-9", "A plan and intent", "q2"),
        _cssrs_item("q6_lifetime", "93267-3", "Suicidal behaviour, ever"),
        _cssrs_item(
            "q6_recent", "93269-9", "Suicidal behaviour, last 3 months", "q6_lifetime"
        ),
    ),
    triage=(
        Triage(level=RiskLevel.HIGH, items=("q4", "q5", "q6_recent")),
        Triage(level=RiskLevel.MODERATE, items=("q3", "q6_lifetime")),
        Triage(level=RiskLevel.LOW, items=("q1", "q2")),
    ),
    alert_items=("q4", "q5", "q6_recent"),
    source="Posner et al. 2011; Columbia Lighthouse Project, screener triage",
)

INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {instrument.code: instrument for instrument in (_PHQ9, _GAD7, _CSSRS)}
)
"""Every questionnaire by its code."""


def score(instrument: str, answers: Mapping[str, int]) -> Score:
    """What the answers to a questionnaire come to.

    Nothing is filled in for a missing answer. A yes counts also where the question
    need not have been asked: a contradiction must not hide an alarming answer.

    Args:
        answers: by item name (`q1`, ...); for C-SSRS 1 is yes and 0 is no.

    Raises:
        InvalidError: there is no such questionnaire, or an answer is missing, out of
            range or to no item; `field` and `details["errors"]` name the items.
    """
    if instrument not in INSTRUMENTS:
        raise InvalidError(f"{instrument} is not an instrument.", field="instrument")
    asked = INSTRUMENTS[instrument]
    if faults := _faults(asked, answers):
        told = "; ".join(f"{name} {fault}" for name, fault in faults.items())
        raise InvalidError(
            f"The answers do not fit {asked.code}: {told}.",
            field=next(iter(faults)),
            details={"errors": faults},
        )
    alert = any(answers.get(name, 0) > 0 for name in asked.alert_items)
    if asked.triage:
        return Score(level=_level(asked, answers), alert=alert)
    total = sum(answers.values())
    return Score(total=total, band=_band(asked, total), alert=alert)


def _faults(asked: Instrument, answers: Mapping[str, int]) -> dict[str, str]:
    """What is wrong with the answers, by item, in the order of the questionnaire."""
    faults = {}
    for item in asked.items:
        needed = item.asked_if is None or answers.get(item.asked_if) == 1
        if item.name not in answers:
            if needed:
                faults[item.name] = "is missing"
        elif not _fits(answers[item.name], item):
            faults[item.name] = f"is not a whole number from 0 to {item.highest}"
    known = {item.name for item in asked.items}
    faults.update({name: "is not known" for name in answers if name not in known})
    return faults


def _fits(answer: object, item: Item) -> bool:
    """Whether a value can be an answer; true and false can, where it is yes or no."""
    if isinstance(answer, bool) and item.highest > 1:
        return False
    return isinstance(answer, int) and 0 <= answer <= item.highest


def _band(asked: Instrument, total: int) -> str:
    return [band.code for band in asked.bands if band.lowest <= total][-1]


def _level(asked: Instrument, answers: Mapping[str, int]) -> RiskLevel:
    """The level of the first triage row with a yes; rows are in falling order."""
    for row in asked.triage:
        if any(answers.get(name, 0) > 0 for name in row.items):
            return row.level
    return RiskLevel.NONE
