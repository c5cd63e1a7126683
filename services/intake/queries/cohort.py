"""How a clinic's patients fared, in counts; worked out by the database.

A cohort is the episodes whose first dose lies in a span of time. Each query gives a row
for each clinic, or for each clinic, questionnaire and window.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    Select,
    Table,
    and_,
    func,
    or_,
    select,
)

from services.intake.domain import (
    EpisodeStatus,
    Figure,
    FigureCode,
    Line,
    LineKind,
    compared,
    printed,
)
from services.intake.models import (
    clinics,
    courses,
    episodes,
    integrations,
    no_shows,
    treatments,
)
from services.intake.queries.cohort_answers import answers_of
from services.intake.queries.sums import A_DAY, many, seconds
from shared.instruments import OUTCOME_RULES
from shared.reading import Reading, Row

LEAST = OUTCOME_RULES.small_count
Figures = dict[UUID, list[Figure]]
NOTHING: Row = {"count": 0, "of": 0}


@dataclass(frozen=True, kw_only=True)
class Span:
    """Which episodes: first dose from one instant to before another, by a route."""

    begins_at: datetime
    ends_at: datetime
    route_class: str | None = None


def clinic_cohort(reading: Reading, span: Span, now: datetime) -> list[Line]:
    """The line of one clinic, as it is told."""
    lines = _lines(reading, _cohort(reading, span), now)
    nobody = Line(kind=LineKind.CLINIC, courses=0, figures=())
    return [printed(lines[0] if lines else nobody, LEAST)]


def network_cohort(reading: Reading, span: Span, now: datetime) -> list[Line]:
    """The clinics that take part, side by side as they are told, and their sum."""
    query = _cohort(reading, span).join(clinics, clinics.c.id == courses.c.clinic_id)
    taking_part = query.where(clinics.c.is_compared)
    return compared(_lines(reading, taking_part, now), LEAST)


def _cohort(reading: Reading, span: Span) -> Select[Any]:
    """One row for each course: whether it is over and was carried through."""
    was_kept = or_(
        episodes.c.maintenance_since.is_not(None),
        episodes.c.status == EpisodeStatus.COMPLETED,
    )
    query = (
        reading.select(
            courses,
            courses.c.id,
            courses.c.clinic_id,
            courses.c.first_dose_at,
            courses.c.last_dose_at,
            or_(was_kept, episodes.c.ended_at.is_not(None)).label("is_over"),
            was_kept.label("is_completed"),
            (
                (seconds(courses.c.first_dose_at) - seconds(episodes.c.opened_at))
                // A_DAY
            ).label("days"),
        )
        .join(episodes, episodes.c.id == courses.c.id)
        .where(
            courses.c.first_dose_at >= span.begins_at,
            courses.c.first_dose_at < span.ends_at,
        )
    )
    if span.route_class is not None:
        query = query.where(courses.c.route_class == span.route_class)
    return query


def _lines(reading: Reading, query: Select[Any], now: datetime) -> list[Line]:
    """The figures of every clinic that has any, whole."""
    cohort = query.cte("cohort")
    figures: Figures = defaultdict(list)
    began: dict[UUID, int] = {}
    for row in reading.rows(_counted(cohort)):
        began[row["clinic_id"]] = row["began"]
        figures[row["clinic_id"]] += [
            Figure(code=FigureCode.OVER, count=row["ended"], of=row["began"]),
            Figure(code=FigureCode.COMPLETED, count=row["completed"], of=row["ended"]),
        ]
    came = _by_clinic(reading, _times(cohort, treatments))
    missed = _by_clinic(reading, _times(cohort, no_shows))
    done = _by_clinic(reading, _integrated(cohort, now))
    for clinic_id in began:
        here, away, talked = (
            found.get(clinic_id, NOTHING) for found in (came, missed, done)
        )
        booked = here["count"] + away["count"]
        figures[clinic_id] += [
            Figure(code=FigureCode.NO_SHOW, count=away["count"], of=booked),
            Figure(code=FigureCode.INTEGRATED, count=talked["count"], of=talked["of"]),
        ]
    for clinic_id, figure in answers_of(reading, cohort, now):
        figures[clinic_id].append(figure)
    waited = {row["clinic_id"]: row["days"] for row in reading.rows(_medians(cohort))}
    return [
        Line(
            kind=LineKind.CLINIC,
            clinic_id=clinic_id,
            courses=count,
            figures=tuple(figures[clinic_id]),
            median_days_to_dose=waited.get(clinic_id),
        )
        for clinic_id, count in began.items()
    ]


def _by_clinic(reading: Reading, query: Select[Any]) -> Mapping[UUID, Row]:
    return {row["clinic_id"]: row for row in reading.rows(query)}


def _counted(cohort: CTE) -> Select[Any]:
    return select(
        cohort.c.clinic_id,
        func.count().label("began"),
        many(cohort.c.is_over).label("ended"),
        many(cohort.c.is_completed).label("completed"),
    ).group_by(cohort.c.clinic_id)


def _medians(cohort: CTE) -> Select[Any]:
    """The days from referral to the first dose that half of the courses did not need.

    SQLite has no median: it is the mean of the one or two in the middle.
    """
    placed = select(
        cohort.c.clinic_id,
        cohort.c.days,
        func.row_number()
        .over(partition_by=cohort.c.clinic_id, order_by=cohort.c.days)
        .label("place"),
        func.count().over(partition_by=cohort.c.clinic_id).label("number"),
    ).subquery()
    count = placed.c.number
    middle = or_(
        placed.c.place == (count + 1) // 2,
        placed.c.place == (count + 2) // 2,
    )
    mean = (func.min(placed.c.days) + func.max(placed.c.days)) // 2
    query = select(placed.c.clinic_id, mean.label("days")).where(middle)
    return query.group_by(placed.c.clinic_id)


def _times(cohort: CTE, table: Table) -> Select[Any]:
    """How many rows of a table belong to the cohort."""
    return (
        select(cohort.c.clinic_id, func.count().label("count"))
        .join(table, table.c.episode_id == cohort.c.id)
        .group_by(cohort.c.clinic_id)
    )


def _integrated(cohort: CTE, now: datetime) -> Select[Any]:
    """Integrations in time, of those that took place or whose time is over."""
    table = integrations
    was_in_time = and_(
        table.c.completed_at.is_not(None), table.c.completed_at <= table.c.late_at
    )
    return (
        select(
            cohort.c.clinic_id,
            many(was_in_time).label("count"),
            func.count().label("of"),
        )
        .join(table, table.c.episode_id == cohort.c.id)
        .where(or_(was_in_time, table.c.late_at <= now))
        .group_by(cohort.c.clinic_id)
    )
