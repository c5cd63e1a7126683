"""What screens read of adverse events."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_

from services.sessions.domain.adverse_event import AdverseEventStatus, Conclusion
from services.sessions.models import (
    adverse_event_reports,
    adverse_event_revisions,
    adverse_events,
    patients,
    sessions,
)
from shared.reading import Reading, Row

_MOST = 500


def adverse_events_of(reading: Reading, session_id: UUID) -> list[Row]:
    """Those of a session, the newest first.

    Raises:
        NotFoundError: there is no such session in this clinic.
    """
    own = reading.select(sessions, sessions.c.id).where(sessions.c.id == session_id)
    reading.one(own, "session")
    return _shown(reading, adverse_events.c.session_id == session_id)


def adverse_events_of_patient(reading: Reading, patient_id: UUID) -> list[Row]:
    """Those of a patient, the newest first.

    Raises:
        NotFoundError: there is no such patient in this clinic.
    """
    own = reading.select(patients, patients.c.id).where(patients.c.id == patient_id)
    reading.one(own, "patient")
    return _shown(reading, adverse_events.c.patient_id == patient_id)


def open_adverse_events(reading: Reading) -> list[Row]:
    """What somebody has yet to confirm or to review, and what stopped treatment."""
    return _shown(
        reading,
        or_(
            adverse_events.c.status == AdverseEventStatus.SUGGESTED,
            adverse_events.c.awaits_review,
            adverse_events.c.conclusion == Conclusion.STOP,
        ),
    )


def adverse_event(reading: Reading, adverse_event_id: UUID) -> dict[str, Any]:
    """One, with everything that was ever recorded of it.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    row = reading.one(
        reading.select(adverse_events).where(adverse_events.c.id == adverse_event_id),
        "adverse event",
    )
    revisions = reading.rows(
        reading.select(adverse_event_revisions)
        .where(adverse_event_revisions.c.adverse_event_id == adverse_event_id)
        .order_by(adverse_event_revisions.c.revision.desc())
    )
    (shown,) = _with_more(reading, [row])
    return {**shown, "revisions": [_revision(one) for one in revisions]}


def _shown(reading: Reading, condition: Any) -> list[Row]:
    query: Select[Any] = reading.select(adverse_events).where(condition)
    rows = reading.rows(query.order_by(adverse_events.c.id.desc()).limit(_MOST))
    return _with_more(reading, rows)


def _with_more(reading: Reading, rows: Iterable[Row]) -> list[Row]:
    """Events with their times from the first dose on, and the reports of them."""
    found = list(rows)
    reports = reading.rows(
        reading.select(adverse_event_reports)
        .where(
            adverse_event_reports.c.adverse_event_id.in_([row["id"] for row in found])
        )
        .order_by(adverse_event_reports.c.filed_on, adverse_event_reports.c.id)
    )
    dosed = reading.rows(
        reading.select(sessions, sessions.c.id, sessions.c.first_dose_at).where(
            sessions.c.id.in_({row["session_id"] for row in found})
        )
    )
    dosed_at = {row["id"]: row["first_dose_at"] for row in dosed}
    return [
        {
            **row,
            **_times(row["details"], dosed_at[row["session_id"]]),
            "details": _details(row["details"]),
            "reports": [one for one in reports if one["adverse_event_id"] == row["id"]],
        }
        for row in found
    ]


def _revision(row: Row) -> Row:
    return {**row, "details": _details(row["details"])}


def _details(kept: Row | None) -> Row | None:
    """What was recorded, its times as times again."""
    if kept is None:
        return None
    return {
        **kept,
        "onset_at": _moment(kept["onset_at"]),
        "ended_at": _moment(kept["ended_at"]),
    }


def _times(kept: Row | None, dosed_at: datetime | None) -> Row:
    """Minutes from the first dose to its onset and its end; before it they are less
    than nothing.
    """
    if kept is None or dosed_at is None:
        return {"onset_minutes": None, "end_minutes": None}
    return {
        "onset_minutes": _minutes(_moment(kept["onset_at"]), dosed_at),
        "end_minutes": _minutes(_moment(kept["ended_at"]), dosed_at),
    }


def _minutes(at: datetime | None, since: datetime) -> int | None:
    return None if at is None else round((at - since) / timedelta(minutes=1))


def _moment(kept: str | None) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None
