"""What a cohort answered after its courses, against the baselines, in counts.

The first answer in a window counts, so that asking again makes nothing better.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    func,
    or_,
    select,
)

from services.intake.domain import Figure, FigureCode
from services.intake.models import measures
from services.intake.queries.sums import many, seconds
from shared.instruments import INSTRUMENTS, OUTCOME_RULES
from shared.reading import Reading, Row

RULES = {one.code: one.change for one in INSTRUMENTS.values() if one.change}
"""The questionnaires that are reported, and what a change of each means."""

WINDOWS = OUTCOME_RULES.windows


def answers_of(
    reading: Reading, cohort: CTE, now: datetime
) -> Iterator[tuple[UUID, Figure]]:
    """Every figure of every clinic; none of a questionnaire that has no baselines."""
    rows = reading.rows(_counted(_compared(_placed(cohort, now)), now))
    found = {(row["clinic_id"], row["instrument"], row["point"]): row for row in rows}
    nobody: Row = dict.fromkeys(("measured", "could_remit", *_CHANGES), 0)
    for clinic_id in dict.fromkeys(row["clinic_id"] for row in rows):
        for instrument, window in product(RULES, WINDOWS):
            due = found.get((clinic_id, instrument, None))
            told = found.get((clinic_id, instrument, window.code), nobody)
            if due is not None:
                counted = _figures(instrument, told, due[f"due_{window.code}"])
                for code, count, of in counted:
                    figure = Figure(
                        code=code,
                        count=count,
                        of=of,
                        instrument=instrument,
                        window=window.code,
                    )
                    yield clinic_id, figure


_CHANGES = ("responded", "remitted", "improved", "deteriorated")


def _figures(
    instrument: str, told: Row, due: int
) -> Iterator[tuple[FigureCode, int, int]]:
    rules, measured = RULES[instrument], told["measured"]
    yield FigureCode.MEASURED, measured, due
    if rules.response_percent is not None:
        yield FigureCode.RESPONSE, told["responded"], measured
    if rules.remission_below is not None:
        yield FigureCode.REMISSION, told["remitted"], told["could_remit"]
    yield FigureCode.IMPROVED, told["improved"], measured
    yield FigureCode.DETERIORATED, told["deteriorated"], measured


def _placed(cohort: CTE, now: datetime) -> Subquery:
    """Every total, whether it is a baseline, and the window it is in if one is over."""
    is_before = measures.c.recorded_at <= cohort.c.first_dose_at
    own = (measures.c.episode_id, measures.c.instrument)
    point = _window(cohort, now)
    newest = func.row_number().over(
        partition_by=(*own, is_before), order_by=measures.c.id.desc()
    )
    oldest = func.row_number().over(
        partition_by=(*own, measures.c.instrument_version, point),
        order_by=measures.c.id,
    )
    return (
        select(
            cohort.c.clinic_id,
            cohort.c.is_over,
            cohort.c.last_dose_at,
            *own,
            measures.c.instrument_version,
            measures.c.total,
            and_(is_before, newest == 1).label("is_baseline"),
            point.label("point"),
            oldest.label("oldest"),
        )
        .join(measures, measures.c.episode_id == cohort.c.id)
        .where(measures.c.instrument.in_(RULES), measures.c.total.is_not(None))
        .subquery("placed")
    )


def _window(cohort: CTE, now: datetime) -> ColumnElement[Any]:
    """The window an answer falls into, if one does that is over."""
    since = seconds(measures.c.recorded_at) - seconds(cohort.c.last_dose_at)
    return case(
        *(
            (
                and_(
                    cohort.c.is_over,
                    cohort.c.last_dose_at <= now - one.closes_after,
                    since >= int(one.opens_after.total_seconds()),
                    since < int(one.closes_after.total_seconds()),
                ),
                one.code,
            )
            for one in WINDOWS
        ),
        else_=None,
    )


def _compared(placed: Subquery) -> Subquery:
    """Totals beside the baseline; one answered in another version has none."""

    def at_baseline(column: ColumnElement[Any]) -> ColumnElement[Any]:
        own = func.max(case((placed.c.is_baseline, column), else_=None))
        return own.over(partition_by=(placed.c.episode_id, placed.c.instrument))

    return select(
        placed,
        at_baseline(placed.c.total).label("baseline"),
        at_baseline(placed.c.instrument_version).label("baseline_version"),
    ).subquery("compared")


def _counted(compared: Subquery, now: datetime) -> Select[Any]:
    """By window what the first answers say, and without one how many are due."""
    of_window = and_(
        compared.c.point.is_not(None),
        compared.c.oldest == 1,
        compared.c.instrument_version == compared.c.baseline_version,
    )
    due = (
        many(
            and_(
                compared.c.is_over, compared.c.last_dose_at <= now - window.closes_after
            )
        ).label(f"due_{window.code}")
        for window in WINDOWS
    )
    return (
        select(
            compared.c.clinic_id,
            compared.c.instrument,
            compared.c.point,
            func.count().label("measured"),
            *due,
            *_counts(compared.c.instrument, compared.c.baseline, compared.c.total),
        )
        .where(or_(compared.c.is_baseline, of_window))
        .group_by(compared.c.clinic_id, compared.c.instrument, compared.c.point)
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
