"""How a questionnaire's totals went: against the baseline, beside doses, with gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.instruments import Instrument, OutcomeRules, Trend, Window, trends

SINCE_BEFORE = frozenset({Trend.IMPROVED, Trend.DETERIORATED})
"""What a total says beside the one before, whether or not there is a baseline."""

BEFORE_DOSE = "before_dose"


@dataclass(frozen=True, kw_only=True)
class Total:
    """What a questionnaire came to at a time."""

    at: datetime
    total: int


@dataclass(frozen=True, kw_only=True)
class Course:
    """The doses of an episode: when each was given, first to last.

    `ended_at` is the last dose of the course once the course is over; single doses of
    a maintenance may follow.
    """

    given_at: tuple[datetime, ...] = ()
    ended_at: datetime | None = None

    @property
    def first_at(self) -> datetime | None:
        """When the first dose was given."""
        return self.given_at[0] if self.given_at else None

    def last_before(self, at: datetime) -> datetime | None:
        """The last dose before a moment."""
        before = [given for given in self.given_at if given < at]
        return before[-1] if before else None


@dataclass(frozen=True, kw_only=True)
class Gap:
    """An answer that should be there and is not: before a dose, or in a window."""

    code: str
    from_at: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Point:
    """A total seen from the baseline, from the one before and from the last dose.

    `follows_gap` says that an answer is missing between the one before and this.
    """

    since_dose: timedelta | None
    since_baseline: int | None
    since_before: int | None
    trends: tuple[Trend, ...]
    follows_gap: bool


def baseline_of(
    times: Sequence[datetime], first_dose_at: datetime | None
) -> int | None:
    """Which of some answers is the baseline: the last before the first dose.

    None while no dose was given, or if nothing was answered before it.
    """
    if first_dose_at is None:
        return None
    before = [place for place, at in enumerate(times) if at <= first_dose_at]
    return before[-1] if before else None


def meaning(
    asked: Instrument, totals: Sequence[int], baseline: int | None
) -> tuple[Trend, ...]:
    """What the last of some totals means; the baseline is the place of one, or None.

    Until treatment begins there is no response to it, only change.
    """
    if len(totals) < 2:
        return ()
    if baseline is not None and baseline < len(totals) - 1:
        return trends(asked, [totals[baseline], *totals[-2:]])
    found = trends(asked, totals[-2:])
    return tuple(trend for trend in found if trend in SINCE_BEFORE)


def response_at_most(asked: Instrument, baseline: int) -> int | None:
    """The highest total that is a response to a baseline, if any can be."""
    percent = asked.change.response_percent if asked.change else None
    if percent is None or baseline == 0:
        return None
    return baseline * (100 - percent) // 100


def series_of(
    asked: Instrument, totals: Sequence[Total], course: Course, gaps: Sequence[Gap]
) -> list[Point]:
    """Every total of one questionnaire in its place, in the order they came."""
    baseline = baseline_of([one.at for one in totals], course.first_at)
    points = []
    for place, one in enumerate(totals):
        before = totals[place - 1] if place else None
        dose = course.last_before(one.at)
        is_after = baseline is not None and place > baseline
        points.append(
            Point(
                since_dose=one.at - dose if dose else None,
                since_baseline=(
                    one.total - totals[baseline].total
                    if baseline is not None and is_after
                    else None
                ),
                since_before=one.total - before.total if before else None,
                trends=meaning(
                    asked, [each.total for each in totals[: place + 1]], baseline
                ),
                follows_gap=before is not None
                and any(before.at <= gap.until <= one.at for gap in gaps),
            )
        )
    return points


def window_at(
    last_dose_at: datetime, rules: OutcomeRules, at: datetime
) -> Window | None:
    """The window after a course that is open at a moment, if one is."""
    since = at - last_dose_at
    windows = rules.windows
    open_now = (one for one in windows if one.opens_after <= since < one.closes_after)
    return next(open_now, None)


def gaps_of(
    times: Sequence[datetime],
    course: Course,
    rules: OutcomeRules,
    *,
    lasts: timedelta | None,
    now: datetime,
) -> list[Gap]:
    """Which answers are missing: before a dose, or in a window after the last one.

    A window counts once it is over, and only where there is a baseline to compare to.

    Args:
        lasts: for how long an answer counts before a dose; None if none is asked for.
    """
    found = [
        Gap(code=BEFORE_DOSE, from_at=given - lasts, until=given)
        for given in course.given_at
        if lasts is not None
        if not any(given - lasts < at <= given for at in times)
    ]
    if course.ended_at is None or baseline_of(times, course.first_at) is None:
        return found
    for window in rules.windows:
        opens = course.ended_at + window.opens_after
        closes = course.ended_at + window.closes_after
        if closes <= now and not any(opens <= at < closes for at in times):
            found.append(Gap(code=window.code, from_at=opens, until=closes))
    return found
