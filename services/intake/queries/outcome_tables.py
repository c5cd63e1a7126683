"""Outcomes as tables for other programs: without a name, a contact or a birth date."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake.domain import Course, Line, baseline_of
from services.intake.models import courses, measures, treatments
from services.intake.queries.cohort import Span
from shared.privacy.columns import vault_of
from shared.reading import Reading, Row

COUNTED = (
    "line",
    "clinic_id",
    "clinics",
    "courses",
    "median_days_to_dose",
    "figure",
    "instrument",
    "window",
    "count",
    "of",
    "percent",
)
ANSWERED = (
    "clinic_id",
    "patient",
    "instrument",
    "version",
    "context",
    "answered_on",
    "days_since_first_dose",
    "days_since_last_dose",
    "is_baseline",
    "total",
)
PSEUDONYM = 16
"""Digits of a pseudonym: enough that no two patients of a clinic share one."""


def cohort_csv(lines: Iterable[Line]) -> str:
    """The figures of lines, one in a row; what is not told is empty."""
    return _table(
        COUNTED,
        (
            (
                line.kind,
                line.clinic_id,
                line.clinics,
                line.courses,
                line.median_days_to_dose,
                figure.code,
                figure.instrument,
                figure.window,
                figure.count,
                figure.of,
                figure.percent,
            )
            for line in lines
            for figure in line.figures
        ),
    )


def answers_csv(
    reading: Reading, span: Span, zone: ZoneInfo
) -> tuple[str, tuple[UUID, ...]]:
    """Every total of a cohort under pseudonyms, and whose they are."""
    in_span = (
        courses.c.first_dose_at >= span.begins_at,
        courses.c.first_dose_at < span.ends_at,
    )
    answered = reading.rows(
        reading.select(
            measures,
            *(measures.c[name] for name in ("clinic_id", "patient_id", "episode_id")),
            *(measures.c[name] for name in ("instrument", "instrument_version")),
            *(measures.c[name] for name in ("context", "recorded_at", "total")),
        )
        .join(courses, courses.c.id == measures.c.episode_id)
        .where(measures.c.total.is_not(None), *in_span)
        .order_by(
            measures.c.episode_id,
            measures.c.instrument,
            measures.c.instrument_version,
            measures.c.id,
        )
    )
    given = reading.rows(
        reading.select(treatments, treatments.c.episode_id, treatments.c.given_at)
        .join(courses, courses.c.id == treatments.c.episode_id)
        .where(treatments.c.given_at.is_not(None), *in_span)
        .order_by(treatments.c.episode_id, treatments.c.given_at)
    )
    doses = {
        episode_id: Course(given_at=tuple(row["given_at"] for row in rows))
        for episode_id, rows in groupby(given, key=lambda row: row["episode_id"])
    }
    patient_ids = tuple(dict.fromkeys(row["patient_id"] for row in answered))
    names = {patient_id: _pseudonym(reading, patient_id) for patient_id in patient_ids}
    return _table(ANSWERED, _answered(answered, doses, names, zone)), patient_ids


def _answered(
    rows: Sequence[Row],
    doses: Mapping[UUID, Course],
    names: Mapping[UUID, str],
    zone: ZoneInfo,
) -> Iterator[tuple[object, ...]]:
    for _, group in groupby(rows, key=_series_of):
        series = list(group)
        course = doses[series[0]["episode_id"]]
        baseline = baseline_of([row["recorded_at"] for row in series], course.first_at)
        for place, row in enumerate(series):
            at = row["recorded_at"]
            yield (
                row["clinic_id"],
                names[row["patient_id"]],
                row["instrument"],
                row["instrument_version"],
                row["context"],
                at.astimezone(zone).date(),
                _days(course.first_at, at),
                _days(course.last_before(at), at),
                int(place == baseline),
                row["total"],
            )


def _series_of(row: Row) -> tuple[Any, ...]:
    return (row["episode_id"], row["instrument"], row["instrument_version"])


def _days(since: datetime | None, at: datetime) -> int | None:
    return None if since is None else (at - since).days


def _pseudonym(reading: Reading, patient_id: UUID) -> str:
    """What a patient is called outside: always the same, and told by nobody's id."""
    vault, clinic_id = vault_of(reading.connection), reading.context.clinic_id
    assert clinic_id is not None
    index = vault.index(
        reading.connection, clinic_id, "outcomes.patient", str(patient_id), exact=True
    )
    return index[:PSEUDONYM]


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Comma-separated values, as RFC 4180 has them."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()
