"""What the answers to a questionnaire come to, and what a change of totals means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import InvalidError
from shared.instruments.definition import Instrument, Item, Pattern, RiskLevel

MISSING = "is missing"


@dataclass(frozen=True, kw_only=True)
class Score:
    """What answers come to; a triaged questionnaire has a level and never a total.

    `findings` are the cuts and the pattern that are reached.
    """

    total: int | None = None
    band: str | None = None
    level: RiskLevel | None = None
    findings: tuple[str, ...] = ()
    alert: bool = False


class Trend(StrEnum):
    """What a change of totals means."""

    RESPONSE = "response"
    """Fallen since the first time by as much as counts as a response."""
    REMISSION = "remission"
    """Below the remission limit, and not so the first time."""
    IMPROVED = "improved"
    """Fallen since the time before by as much as means something."""
    DETERIORATED = "deteriorated"
    """Risen since the time before by as much as means something, or newly severe."""


def score(asked: Instrument, answers: Mapping[str, int]) -> Score:
    """What the answers to a questionnaire come to.

    Nothing is filled in for a missing answer. A yes counts also where the question
    need not have been asked: a contradiction must not hide an alarming answer.

    Args:
        answers: by item name (`q1`, ...); where the highest is 1, 1 is yes and 0 no.

    Raises:
        InvalidError: an answer is missing, out of range or to no item; `field` and
            `details["errors"]` name the items.
    """
    _demand_none(asked, _faults(asked, answers))
    alert = any(answers.get(name, 0) > 0 for name in asked.alert_items)
    if asked.triage:
        return Score(level=_level(asked, answers), alert=alert)
    points = {
        item.name: _points(item, answers[item.name])
        for item in asked.items
        if item.name in answers
    }
    total = sum(points.values())
    return Score(
        total=total,
        band=_band(asked, total),
        findings=(*_cuts(asked, points, total), *_pattern(asked.pattern, points)),
        alert=alert,
    )


def demand_possible(asked: Instrument, answers: Mapping[str, int]) -> None:
    """Refuse answers that can never fit; some may still be missing.

    Raises:
        InvalidError: an answer is out of range or to no item; see `score`.
    """
    faults = _faults(asked, answers)
    _demand_none(asked, {n: fault for n, fault in faults.items() if fault != MISSING})


def trends(asked: Instrument, totals: Sequence[int]) -> tuple[Trend, ...]:
    """What the last of some totals means, seen from the first and the one before.

    Args:
        totals: of one patient, in the order they were taken in.
    """
    rules = asked.change
    if rules is None or len(totals) < 2:
        return ()
    first, before, now = totals[0], totals[-2], totals[-1]
    found = []
    percent, below = rules.response_percent, rules.remission_below
    if percent is not None and first > 0 and (first - now) * 100 >= percent * first:
        found.append(Trend.RESPONSE)
    if below is not None and now < below <= first:
        found.append(Trend.REMISSION)
    if before - now >= rules.meaningful_points:
        found.append(Trend.IMPROVED)
    if now - before >= rules.meaningful_points or _newly_severe(asked, before, now):
        found.append(Trend.DETERIORATED)
    return tuple(found)


def _newly_severe(asked: Instrument, before: int, now: int) -> bool:
    """Whether a total has come into the last band."""
    return bool(asked.bands) and before < asked.bands[-1].lowest <= now


def _demand_none(asked: Instrument, faults: Mapping[str, str]) -> None:
    if faults:
        told = "; ".join(f"{name} {fault}" for name, fault in faults.items())
        raise InvalidError(
            f"The answers do not fit {asked.code}: {told}.",
            field=next(iter(faults)),
            details={"errors": faults},
        )


def _faults(asked: Instrument, answers: Mapping[str, int]) -> dict[str, str]:
    """What is wrong with the answers, by item, in the order of the questionnaire."""
    faults = {}
    for item in asked.items:
        needed = item.asked_if is None or answers.get(item.asked_if) not in (None, 0)
        if item.name not in answers:
            if needed:
                faults[item.name] = MISSING
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


def _points(item: Item, answer: int) -> int:
    return item.highest - answer if item.reversed else int(answer)


def _band(asked: Instrument, total: int) -> str | None:
    reached = [band.code for band in asked.bands if band.lowest <= total]
    return reached[-1] if reached else None


def _cuts(asked: Instrument, points: Mapping[str, int], total: int) -> list[str]:
    found = []
    for cut in asked.cuts:
        if total < cut.at_least:
            continue
        is_from_one = cut.not_from is not None and points.get(cut.not_from) == total
        code = cut.otherwise if is_from_one else cut.code
        if code is not None:
            found.append(code)
    return found


def _pattern(pattern: Pattern | None, points: Mapping[str, int]) -> list[str]:
    if pattern is None:
        return []
    is_there = all(
        sum(points.get(name, 0) >= cluster.counted_from for name in cluster.items)
        >= cluster.needed
        for cluster in pattern.clusters
    )
    return [pattern.code] if is_there else []


def _level(asked: Instrument, answers: Mapping[str, int]) -> RiskLevel:
    """The level of the first triage row with a yes; rows are in falling order."""
    for row in asked.triage:
        if any(answers.get(name, 0) > 0 for name in row.items):
            return row.level
    return RiskLevel.NONE
