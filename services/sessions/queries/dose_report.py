"""Doses of a span of time in figures: four queries, however many doses there are."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, select

from services.sessions.domain.adverse_event import AdverseEventStatus
from services.sessions.domain.amounts import MICROGRAMS_PER_MG
from services.sessions.domain.dose_report import (
    SEVERE,
    DoseLine,
    Given,
    Happened,
    Peak,
    report,
)
from services.sessions.models import (
    adverse_events,
    clinics,
    doses,
    is_counted,
    sessions,
    vitals,
    weights,
)
from shared.instruments import OUTCOME_RULES
from shared.reading import Reading

LEAST = OUTCOME_RULES.small_count


def zone_of(reading: Reading) -> ZoneInfo:
    """The clinic's time zone; UTC until it is told."""
    row = reading.one(reading.select(clinics), "clinic")
    return ZoneInfo(row["time_zone"] or "UTC")


def dose_report(
    reading: Reading, begins_at: datetime, ends_at: datetime
) -> list[DoseLine]:
    """The figures of sessions whose first dose lies in a span."""
    within = and_(
        sessions.c.first_dose_at >= begins_at, sessions.c.first_dose_at < ends_at
    )
    return report(
        _given(reading, within),
        _peaks(reading, within),
        _happened(reading, within),
        least=LEAST,
    )


def dose_csv(lines: Iterable[DoseLine]) -> str:
    """The same as a table; what is not told is empty."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(one.name for one in fields(DoseLine))
    writer.writerows(
        [line.route or "all", *list(asdict(line).values())[1:]] for line in lines
    )
    return text.getvalue()


def _given(reading: Reading, within: ColumnElement[bool]) -> list[Given]:
    weight = (
        select(weights.c.weight_kg)
        .where(
            weights.c.patient_id == sessions.c.patient_id,
            weights.c.clinic_id == sessions.c.clinic_id,
            weights.c.measured_at <= sessions.c.first_dose_at,
        )
        .order_by(weights.c.measured_at.desc(), weights.c.id.desc())
        .limit(1)
        .correlate(sessions)
        .scalar_subquery()
    )
    authorised = func.coalesce(doses.c.authorisation_id, doses.c.id)
    rows = reading.rows(
        reading.select(
            sessions,
            sessions.c.patient_id,
            sessions.c.route,
            func.sum(doses.c.given_ug).label("given_ug"),
            weight.label("weight_kg"),
        )
        .join(doses, doses.c.session_id == sessions.c.id)
        .where(within)
        .group_by(sessions.c.id, authorised)
    )
    return [
        Given(
            patient_id=row["patient_id"],
            route=row["route"],
            dose_mg=float(row["given_ug"]) / MICROGRAMS_PER_MG,
            weight_kg=row["weight_kg"],
        )
        for row in rows
    ]


def _peaks(reading: Reading, within: ColumnElement[bool]) -> list[Peak]:
    rows = reading.rows(
        reading.select(
            sessions,
            sessions.c.route,
            func.max(vitals.c.systolic_mmhg).label("systolic_mmhg"),
            func.max(vitals.c.diastolic_mmhg).label("diastolic_mmhg"),
        )
        .join(vitals, vitals.c.session_id == sessions.c.id)
        .where(within, is_counted, vitals.c.taken_at >= sessions.c.first_dose_at)
        .group_by(sessions.c.id, sessions.c.route)
    )
    return [Peak(**row) for row in rows]


def _happened(reading: Reading, within: ColumnElement[bool]) -> list[Happened]:
    rows = reading.rows(
        reading.select(
            sessions,
            sessions.c.route,
            func.count().label("recorded"),
            func.sum(case((adverse_events.c.grade >= SEVERE, 1), else_=0)).label(
                "severe"
            ),
            func.sum(case((adverse_events.c.serious, 1), else_=0)).label("serious"),
        )
        .join(adverse_events, adverse_events.c.session_id == sessions.c.id)
        .where(within, adverse_events.c.status == AdverseEventStatus.RECORDED)
        .group_by(sessions.c.route)
    )
    return [Happened(**row) for row in rows]
