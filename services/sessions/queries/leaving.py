"""Whether a patient may leave, and what is at hand in an emergency."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from services.sessions.domain.discharge import (
    Checklist,
    Criterion,
    Seen,
    criteria_of,
)
from services.sessions.domain.vitals import Vitals, current_values
from services.sessions.models import (
    authorisations,
    discharge_checks,
    doses,
    emergency_entries,
    facts,
    is_counted,
    packs,
    prechecks,
    sessions,
    vitals,
)
from services.sessions.queries.watching import last_reading
from shared.readiness import FactName
from shared.reading import Reading, Row
from shared.rulepack import VitalsPhase


def discharge_checklist(
    reading: Reading, session_id: UUID, now: datetime
) -> tuple[Checklist, tuple[Criterion, ...]]:
    """What was seen so far, and how every criterion but the escort stands at a moment.

    Raises:
        NotFoundError: there is no such session in this clinic.
    """
    row = _session(reading, session_id)
    readings = _since_dose(reading, row)
    known = facts.of(row["patient_id"], reading.connection, row["clinic_id"])
    seen = Seen(
        route=row["route"],
        readings=readings,
        values=current_values(readings, now=now),
        baseline=row["baseline"],
        last_dose_at=row["last_dose_at"],
        on_hold=any(
            one.name is FactName.NO_OPEN_HOLD and not one.holds for one in known
        ),
        # What is drawn is given and wasted in one transaction: nothing stays open.
        waste_open=False,
        now=now,
    )
    said: dict[str, Any] = {}
    for check in _parts(reading, discharge_checks, session_id):
        said |= check["said"]
    pack = packs.at_hand(reading.connection, row["clinic_id"], now)
    checklist = Checklist(**said)
    return checklist, criteria_of(checklist, seen, pack.discharge)


def emergency_card(reading: Reading, session_id: UUID, now: datetime) -> Row:
    """Whom to call, who is there, what was done when; it recommends nothing.

    Raises:
        NotFoundError: there is no such session in this clinic.
    """
    row = _session(reading, session_id)
    pack = packs.at_hand(reading.connection, row["clinic_id"], now)
    return {
        **row,
        "session_id": row["id"],
        "call": pack.crisis.resources,
        "team": list(_team(reading, row)),
        "last_vitals": last_reading(reading, session_id),
        "entries": _parts(reading, emergency_entries, session_id),
    }


def _team(reading: Reading, row: Row) -> Iterator[dict[str, Any]]:
    """Who has acted in a session, each once, with what they did."""
    did: dict[UUID, list[str]] = {row["opened_by"]: ["opened"]}
    for table, column, what in (
        (prechecks, "checked_by", "prechecked"),
        (authorisations, "authorised_by", "authorised"),
        (doses, "given_by", "gave"),
    ):
        for part in _parts(reading, table, row["id"]):
            done = did.setdefault(part[column], [])
            if what not in done:
                done.append(what)
    for staff_id, done in did.items():
        yield {"staff_id": staff_id, "did": done}


def _session(reading: Reading, session_id: UUID) -> Row:
    return reading.one(
        reading.select(sessions).where(sessions.c.id == session_id), "session"
    )


def _parts(reading: Reading, table: Any, session_id: UUID) -> list[Row]:
    return reading.rows(
        reading.select(table)
        .where(table.c.session_id == session_id)
        .order_by(table.c.id)
    )


def _since_dose(reading: Reading, row: Row) -> list[Vitals]:
    """What was measured since the last dose and counts."""
    if row["last_dose_at"] is None:
        return []
    rows = reading.rows(
        reading.select(vitals)
        .where(
            vitals.c.session_id == row["id"],
            vitals.c.phase == VitalsPhase.DURING,
            vitals.c.taken_at >= row["last_dose_at"],
            is_counted,
        )
        .order_by(vitals.c.taken_at, vitals.c.id)
    )
    return [Vitals(**one) for one in rows]
