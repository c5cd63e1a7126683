"""How a patient's questionnaires went, beside the doses."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.intake.domain import (
    Course,
    EpisodeStatus,
    Gap,
    Questionnaire,
    Total,
    baseline_of,
    gaps_of,
    response_at_most,
    series_of,
)
from services.intake.models import (
    courses,
    episodes,
    measures,
    packs,
    patients,
    questionnaires,
    treatments,
)
from services.intake.queries.people import ids_of
from shared.instruments import INSTRUMENTS, OUTCOME_RULES, Instrument
from shared.readiness import Gate
from shared.reading import Reading, Row
from shared.rulepack import RulePack

Asked = Mapping[tuple[str, str], Instrument]


def outcomes(reading: Reading, patient_id: UUID, now: datetime) -> Row:
    """Every series of totals of a patient, by episode, newest episode first.

    Raises:
        NotFoundError: there is no such patient in this clinic.
    """
    there = reading.select(patients, patients.c.id).where(patients.c.id == patient_id)
    reading.one(there, "patient")
    own = ids_of(reading, patient_id)
    treated = (
        reading.select(episodes, *episodes.c, courses.c.last_dose_at)
        .outerjoin(courses, courses.c.id == episodes.c.id)
        .where(episodes.c.patient_id.in_(own))
        .order_by(episodes.c.id.desc())
    )
    found = reading.rows(treated)
    ids = [row["id"] for row in found]
    answered = _by_episode(
        reading.rows(
            reading.select(measures)
            .where(measures.c.episode_id.in_(ids), measures.c.total.is_not(None))
            .order_by(measures.c.id)
        )
    )
    given = _by_episode(
        reading.rows(
            reading.select(treatments)
            .where(treatments.c.episode_id.in_(ids), treatments.c.given_at.is_not(None))
            .order_by(treatments.c.given_at, treatments.c.id)
        )
    )
    pack = packs.at_hand(reading.connection, reading.context.clinic_id, now)
    asked = _asked(reading)
    return {
        "patient_id": patient_id,
        "episodes": [
            _episode(row, answered[row["id"]], given[row["id"]], asked, pack, now)
            for row in found
        ],
    }


def _asked(reading: Reading) -> Asked:
    """Every version of every questionnaire that may have been answered here."""
    own = reading.rows(reading.select(questionnaires))
    return {
        **{(one.code, one.version): one for one in INSTRUMENTS.values()},
        **{
            (row["code"], row["edition"]): Questionnaire(**row).instrument
            for row in own
        },
    }


def _by_episode(rows: Sequence[Row]) -> Mapping[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["episode_id"]].append(row)
    return found


def _episode(
    row: Row,
    answered: list[Row],
    given: list[Row],
    asked: Asked,
    pack: RulePack,
    now: datetime,
) -> Row:
    is_over = row["maintenance_since"] is not None or row["ended_at"] is not None
    course = Course(
        given_at=tuple(one["given_at"] for one in given),
        ended_at=row["last_dose_at"] if is_over else None,
    )
    by_version: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for one in answered:
        by_version[one["instrument"], one["instrument_version"]].append(one)
    return {
        "episode_id": row["id"],
        "opened_at": row["opened_at"],
        "status": EpisodeStatus(row["status"]),
        "course_ended_at": course.ended_at,
        "doses": [
            {**one, "seq": place, "scales": _scales(one["given_at"], by_version, asked)}
            for place, one in enumerate(given, start=1)
        ],
        "series": [
            _series(asked[version], rows, course, pack, now)
            for version, rows in by_version.items()
            if asked[version].change is not None
        ],
    }


def _series(
    asked: Instrument, rows: list[Row], course: Course, pack: RulePack, now: datetime
) -> Row:
    """One questionnaire's totals, what each means, and what to draw beside them."""
    rules = asked.change
    assert rules is not None
    totals = [Total(at=row["recorded_at"], total=row["total"]) for row in rows]
    times = [one.at for one in totals]
    gaps = gaps_of(times, course, OUTCOME_RULES, lasts=_lasts(asked, pack), now=now)
    baseline = baseline_of(times, course.first_at)
    return {
        "instrument": asked.code,
        "version": asked.version,
        "title": asked.title,
        "highest": asked.highest_total,
        "bands": asked.bands,
        "cuts": asked.cuts,
        "meaningful_points": rules.meaningful_points,
        "remission_below": rules.remission_below,
        "response_at_most": (
            None
            if baseline is None
            else response_at_most(asked, totals[baseline].total)
        ),
        "baseline_id": rows[baseline]["id"] if baseline is not None else None,
        "missing": [_missing(gap) for gap in gaps],
        "points": [
            {
                **row,
                **vars(point),
                "days_since_dose": _days(point.since_dose),
                "is_own": row["recorded_by"] == row["patient_id"],
            }
            for row, point in zip(
                rows, series_of(asked, totals, course, gaps), strict=True
            )
        ],
    }


def _lasts(asked: Instrument, pack: RulePack) -> timedelta | None:
    """For how long an answer counts before a dose; None if none is asked for."""
    for fact in pack.readiness.gates[Gate.AUTHORISATION]:
        if fact.value == f"measures.{asked.code}":
            return pack.readiness.validity[fact]
    return None


def _missing(gap: Gap) -> Row:
    return {"code": gap.code, "from_at": gap.from_at, "until": gap.until}


def _days(since: timedelta | None) -> int | None:
    return None if since is None else since.days


def _scales(
    given_at: datetime, by_version: Mapping[Any, list[Row]], asked: Asked
) -> list[Row]:
    """What was answered about the experience of one dose.

    These are a clinic's own questionnaires that are no course over time.
    """
    until = given_at + OUTCOME_RULES.per_dose_within
    return [
        {
            "instrument": asked[version].code,
            "title": asked[version].title,
            "total": row["total"],
            "highest": asked[version].highest_total,
            "recorded_at": row["recorded_at"],
        }
        for version, rows in by_version.items()
        if asked[version].change is None and version[0] not in INSTRUMENTS
        for row in rows
        if given_at < row["recorded_at"] <= until
    ]
