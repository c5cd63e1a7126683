"""How a session is watched: its checks, what was reversed, who sends readings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from services.sessions.domain.checks import Check, Taken, Watch, open_check
from services.sessions.domain.limits import Origin
from services.sessions.domain.vitals import source_of
from services.sessions.models import (
    bedside_devices,
    is_counted,
    own_limits,
    patients,
    vitals,
    vitals_reversals,
)
from shared.reading import Reading, Row
from shared.rulepack import Measure, RulePack

_MEASURES = [vitals.c[measure.value] for measure in Measure]


def taken_in(
    reading: Reading, session_ids: Iterable[UUID]
) -> Mapping[UUID, list[Taken]]:
    """When which measures were taken in some sessions, as far as it counts."""
    rows = reading.rows(
        reading.select(vitals, vitals.c.session_id, vitals.c.taken_at, *_MEASURES)
        .where(vitals.c.session_id.in_(list(session_ids)), is_counted)
        .order_by(vitals.c.taken_at)
    )
    found: dict[UUID, list[Taken]] = defaultdict(list)
    for row in rows:
        found[row["session_id"]].append(_taken(row))
    return found


def checks_of(
    row: Row, taken: Iterable[Taken], *, pack: RulePack, now: datetime
) -> list[Check]:
    """The checks of a session so far, and the next one; none before its first dose."""
    if row["first_dose_at"] is None:
        return []
    watch = Watch(
        route=row["route"], rules=pack.monitoring, first_dose_at=row["first_dose_at"]
    )
    ended_at = row["ended_at"]
    if ended_at is None:
        return watch.checks(taken, now=now)
    return [one for one in watch.checks(taken, now=ended_at) if one.due_at <= ended_at]


def next_check(row: Row, checks: list[Check]) -> dict[str, Any]:
    """When a patient is looked at next, and how urgent that is."""
    is_over = row["ended_at"] is not None
    coming = None if is_over else open_check(checks)
    return {
        "next_check_at": coming.due_at if coming else None,
        "check_status": coming.status if coming else None,
    }


def readings_of(reading: Reading, session_id: UUID) -> list[Row]:
    """A session's readings in the order they were taken in, reversed ones marked."""
    marks = {
        row["vitals_id"]: row
        for row in reading.rows(
            reading.select(vitals_reversals).where(
                vitals_reversals.c.session_id == session_id
            )
        )
    }
    rows = reading.rows(
        reading.select(vitals)
        .where(vitals.c.session_id == session_id)
        .order_by(vitals.c.taken_at, vitals.c.id)
    )
    return [
        {
            **row,
            "source": source_of(row["device_id"]),
            "reversed": marks.get(row["id"]),
        }
        for row in rows
    ]


def devices_of(reading: Reading, session_id: UUID) -> list[Row]:
    """The devices that send, or sent, readings of a session."""
    return reading.rows(
        reading.select(bedside_devices)
        .where(bedside_devices.c.session_id == session_id)
        .order_by(bedside_devices.c.id)
    )


def limits_of(reading: Reading, patient_id: UUID) -> list[Row]:
    """Every limit a patient has or had of the own, the newest first.

    Raises:
        NotFoundError: there is no such patient in this clinic.
    """
    reading.one(reading.select(patients).where(patients.c.id == patient_id), "patient")
    rows = reading.rows(
        reading.select(own_limits)
        .where(own_limits.c.patient_id == patient_id)
        .order_by(own_limits.c.id.desc())
    )
    return [
        {**row, "origin": Origin.ORDER if row["order_id"] else Origin.PATIENT}
        for row in rows
    ]


def last_reading(reading: Reading, session_id: UUID) -> Row | None:
    """The last reading of a session that counts, if there is one."""
    rows = reading.rows(
        reading.select(vitals)
        .where(vitals.c.session_id == session_id, is_counted)
        .order_by(vitals.c.taken_at.desc(), vitals.c.id.desc())
        .limit(1)
    )
    return {**rows[0], "source": source_of(rows[0]["device_id"])} if rows else None


def latest_vitals(
    reading: Reading, session_ids: list[UUID]
) -> dict[tuple[UUID, int], Row]:
    """The latest two readings of each session, by their place: 1 is the last."""
    newest = (
        func.row_number()
        .over(
            partition_by=vitals.c.session_id,
            order_by=(vitals.c.taken_at.desc(), vitals.c.id.desc()),
        )
        .label("newest")
    )
    ranked = select(vitals.c.id, newest).where(
        vitals.c.session_id.in_(session_ids), is_counted
    )
    chosen = ranked.subquery()
    rows = reading.rows(
        reading.select(vitals, *vitals.c, chosen.c.newest)
        .join(chosen, chosen.c.id == vitals.c.id)
        .where(chosen.c.newest <= 2)
    )
    return {
        (row["session_id"], row["newest"]): {
            **row,
            "source": source_of(row["device_id"]),
        }
        for row in rows
    }


def _taken(row: Row) -> Taken:
    measures = (measure.value for measure in Measure)
    return Taken(
        row["taken_at"],
        frozenset(name for name in measures if row[name] is not None),
    )
