"""What a cohort answered after its courses, against the baselines, in counts.

The first answer in a window counts, so that asking again makes nothing better.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Select, Subquery, and_, case, func, select

from services.intake.domain import Figure, FigureCode
from services.intake.models import measures
from services.intake.queries.sums import many, seconds
from shared.instruments import INSTRUMENTS, OUTCOME_RULES, ChangeRules
from shared.reading import Reading, Row

RULES = {one.code: one.change for one in INSTRUMENTS.values() if one.change}
"""The questionnaires that are reported, and what a change of each means."""

WINDOWS = OUTCOME_RULES.windows


def answers_of(
    reading: Reading, cohort: CTE, now: datetime
) -> Iterator[tuple[UUID, Figure]]:
    """Every figure of every clinic; none of a questionnaire that has no baselines."""
    baselines = _baselines(cohort)
    found = {
        (row["clinic_id"], row["instrument"], row["point"]): row
        for row in reading.rows(_measured(cohort, baselines, now))
    }
    nobody: Row = dict.fromkeys(("measured", "could_remit", *_CHANGES.values()), 0)
    places = list(RULES)
    due = reading.rows(_due(cohort, baselines, now))
    for row in sorted(due, key=lambda row: places.index(row["instrument"])):
        clinic_id, instrument = row["clinic_id"], row["instrument"]
        for window in WINDOWS:
            told = found.get((clinic_id, instrument, window.code), nobody)
            for code, count, of in _figures(
                told, row[f"due_{window.code}"], RULES[instrument]
            ):
                yield (
                    clinic_id,
                    Figure(
                        code=code,
                        count=count,
                        of=of,
                        instrument=instrument,
                        window=window.code,
                    ),
                )


_CHANGES = {
    FigureCode.RESPONSE: "responded",
    FigureCode.REMISSION: "remitted",
    FigureCode.IMPROVED: "improved",
    FigureCode.DETERIORATED: "deteriorated",
}


def _figures(
    told: Row, due: int, rules: ChangeRules
) -> Iterator[tuple[FigureCode, int, int]]:
    measured = told["measured"]
    yield FigureCode.MEASURED, measured, due
    if rules.response_percent is not None:
        yield FigureCode.RESPONSE, told["responded"], measured
    if rules.remission_below is not None:
        yield FigureCode.REMISSION, told["remitted"], told["could_remit"]
    yield FigureCode.IMPROVED, told["improved"], measured
    yield FigureCode.DETERIORATED, told["deteriorated"], measured


def _baselines(cohort: CTE) -> CTE:
    """The last total of each questionnaire before the first dose."""
    latest = func.row_number().over(
        partition_by=(measures.c.episode_id, measures.c.instrument),
        order_by=measures.c.id.desc(),
    )
    placed = (
        select(
            measures.c.episode_id,
            measures.c.instrument,
            measures.c.instrument_version,
            measures.c.total,
            latest.label("place"),
        )
        .join(cohort, cohort.c.id == measures.c.episode_id)
        .where(
            measures.c.instrument.in_(RULES),
            measures.c.total.is_not(None),
            measures.c.recorded_at <= cohort.c.first_dose_at,
        )
        .subquery("placed")
    )
    return select(placed).where(placed.c.place == 1).cte("baselines")


def _due(cohort: CTE, baselines: CTE, now: datetime) -> Select[Any]:
    """For how many who have a baseline each window is over."""
    return (
        select(
            cohort.c.clinic_id,
            baselines.c.instrument,
            *(
                many(
                    and_(
                        cohort.c.is_over,
                        cohort.c.last_dose_at <= now - window.closes_after,
                    )
                ).label(f"due_{window.code}")
                for window in WINDOWS
            ),
        )
        .join(baselines, baselines.c.episode_id == cohort.c.id)
        .group_by(cohort.c.clinic_id, baselines.c.instrument)
    )


def _measured(cohort: CTE, baselines: CTE, now: datetime) -> Select[Any]:
    """What the first answers in windows that are over say beside the baselines."""
    answered = _answered(cohort, baselines, now)
    place = func.row_number().over(
        partition_by=(answered.c.episode_id, answered.c.instrument, answered.c.point),
        order_by=answered.c.id,
    )
    in_window = select(answered, place.label("place")).where(
        answered.c.point.is_not(None)
    )
    first = in_window.subquery("first")
    return (
        select(
            first.c.clinic_id,
            first.c.instrument,
            first.c.point,
            func.count().label("measured"),
            *_counts(first.c.instrument, first.c.baseline, first.c.total),
        )
        .where(first.c.place == 1)
        .group_by(first.c.clinic_id, first.c.instrument, first.c.point)
    )


def _answered(cohort: CTE, baselines: CTE, now: datetime) -> Subquery:
    """Every answer after the last dose of a course that is over, and its window."""
    return (
        select(
            cohort.c.clinic_id,
            measures.c.id,
            measures.c.episode_id,
            measures.c.instrument,
            measures.c.total,
            baselines.c.total.label("baseline"),
            _window(cohort, now).label("point"),
        )
        .join(measures, measures.c.episode_id == cohort.c.id)
        .join(
            baselines,
            and_(
                baselines.c.episode_id == measures.c.episode_id,
                baselines.c.instrument == measures.c.instrument,
                baselines.c.instrument_version == measures.c.instrument_version,
            ),
        )
        .where(cohort.c.is_over, measures.c.recorded_at > cohort.c.last_dose_at)
        .subquery("answered")
    )


def _window(cohort: CTE, now: datetime) -> ColumnElement[Any]:
    """The window an answer falls into, if one does that is over."""
    since = seconds(measures.c.recorded_at) - seconds(cohort.c.last_dose_at)
    return case(
        *(
            (
                and_(
                    since >= int(one.opens_after.total_seconds()),
                    since < int(one.closes_after.total_seconds()),
                    cohort.c.last_dose_at <= now - one.closes_after,
                ),
                one.code,
            )
            for one in WINDOWS
        ),
        else_=None,
    )


def _counts(instrument: Any, baseline: Any, total: Any) -> Iterator[ColumnElement[int]]:
    """How many changed in which way, by the rules of each questionnaire."""
    percent = _by_instrument(instrument, "response_percent")
    below = _by_instrument(instrument, "remission_below")
    points = _by_instrument(instrument, "meaningful_points")
    fallen = baseline - total
    yield many(and_(baseline > 0, fallen * 100 >= percent * baseline)).label(
        "responded"
    )
    yield many(baseline >= below).label("could_remit")
    yield many(and_(baseline >= below, total < below)).label("remitted")
    yield many(fallen >= points).label("improved")
    yield many(-fallen >= points).label("deteriorated")


def _by_instrument(instrument: ColumnElement[str], name: str) -> ColumnElement[int]:
    """A number that each questionnaire's rules have or lack."""
    numbers = {code: getattr(rules, name) for code, rules in RULES.items()}
    return case(
        *(
            (instrument == code, number)
            for code, number in numbers.items()
            if number is not None
        ),
        else_=None,
    )
