"""What screens read of the treatment record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func

from services.sessions.domain.alert import AlertStatus
from services.sessions.domain.amounts import milligrams
from services.sessions.domain.limits import in_force
from services.sessions.domain.order import shown
from services.sessions.domain.states import RUNNING, Phase
from services.sessions.models import (
    alerts,
    authorisations,
    doses,
    facts,
    integrations,
    orders,
    packs,
    patients,
    prechecks,
    process_notes,
    record_hash,
    sessions,
    weights,
)
from services.sessions.queries.leaving import discharge_checklist, emergency_card
from services.sessions.queries.watching import (
    checks_of,
    devices_of,
    latest_vitals,
    limits_of,
    next_check,
    readings_of,
    taken_in,
)
from shared.errors import NotFoundError
from shared.readiness import Readiness, evaluate
from shared.reading import Reading, Row
from shared.rulepack import RulePack, VitalsPhase

__all__ = [
    "chart",
    "discharge_checklist",
    "emergency_card",
    "integrations_of",
    "limits_of",
    "open_alerts",
    "orders_of",
    "pack_at_hand",
    "process_notes_of",
    "readiness_of",
    "sessions_of",
    "wall",
]


def orders_of(reading: Reading, patient_id: UUID) -> list[Row]:
    """A patient's orders, the newest first.

    Raises:
        NotFoundError: there is no such patient in this clinic.
    """
    return [_order(row) for row in _of_patient(reading, orders, patient_id)]


def sessions_of(reading: Reading, patient_id: UUID, now: datetime) -> list[Row]:
    """A patient's sessions, the newest first.

    Raises:
        NotFoundError: there is no such patient in this clinic.
    """
    pack = pack_at_hand(reading, now)
    return [_session(row, pack) for row in _of_patient(reading, sessions, patient_id)]


def integrations_of(reading: Reading, patient_id: UUID) -> list[Row]:
    """A patient's integrations, the newest first.

    Raises:
        NotFoundError: there is no such patient in this clinic.
    """
    return _of_patient(reading, integrations, patient_id)


def readiness_of(
    reading: Reading, patient_id: UUID, query: Mapping[str, Any], *, now: datetime
) -> Readiness:
    """How it stands with the facts that a gate asks for.

    Of a patient nobody has told of, nothing is known: every fact is missing.
    """
    clinic_id = reading.context.clinic_id
    if clinic_id is None:
        raise NotFoundError("this needs a clinic")
    return evaluate(
        facts.of(patient_id, reading.connection, clinic_id),
        gate=query["gate"],
        at=query["at"] or now,
        pack=pack_at_hand(reading, query["at"] or now),
        appointment_id=query["appointment_id"],
    )


def open_alerts(reading: Reading, *, acknowledged: bool = False) -> list[Row]:
    """The clinic's open alerts, the most urgent first; those taken on too, if asked."""
    statuses = [AlertStatus.OPEN, *([AlertStatus.ACKNOWLEDGED] if acknowledged else [])]
    return reading.rows(
        reading.select(alerts)
        .where(alerts.c.status.in_(statuses))
        .order_by(alerts.c.due_at, alerts.c.id)
    )


def wall(
    reading: Reading,
    *,
    is_open: bool | None,
    after: UUID | None,
    limit: int,
    now: datetime,
) -> list[Row]:
    """Sessions as cards, the oldest first, in five queries however many there are."""
    pack = pack_at_hand(reading, now)
    query = reading.select(sessions).order_by(sessions.c.id).limit(limit)
    if is_open is not None:
        goes_on = sessions.c.status.in_(sorted(RUNNING))
        query = query.where(goes_on if is_open else ~goes_on)
    if after is not None:
        query = query.where(sessions.c.id > after)
    rows = reading.rows(query)
    ids = [row["id"] for row in rows]
    latest, counts = latest_vitals(reading, ids), _alert_counts(reading, ids)
    running = [row for row in rows if row["ended_at"] is None]
    taken = taken_in(reading, (row["id"] for row in running))
    checks = {
        row["id"]: checks_of(row, taken.get(row["id"], ()), pack=pack, now=now)
        for row in running
    }
    return [
        {
            **_session(row, pack),
            **next_check(row, checks.get(row["id"], [])),
            "last_vitals": latest.get((row["id"], 1)),
            "previous_vitals": latest.get((row["id"], 2)),
            "open_alerts": counts.get(row["id"], 0),
        }
        for row in rows
    ]


def chart(reading: Reading, session_id: UUID, now: datetime) -> Row:
    """Everything that belongs to one session.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    pack = pack_at_hand(reading, now)
    row = reading.one(
        reading.select(sessions).where(sessions.c.id == session_id), "session"
    )
    order = reading.one(
        reading.select(orders).where(orders.c.id == row["order_id"]), "order"
    )
    authorised = _parts(reading, authorisations, session_id, "authorised_at")
    phase = VitalsPhase.DURING if row["first_dose_at"] else VitalsPhase.BEFORE_DOSE
    limits = in_force(pack, phase, row["limits"], at=now)
    taken = taken_in(reading, [session_id])[session_id]
    checks = checks_of(row, taken, pack=pack, now=now)
    return {
        **_session(row, pack),
        **next_check(row, checks),
        "checks": checks,
        "order": _order(order),
        "weight": _weight(reading, row["patient_id"]),
        "vitals": readings_of(reading, session_id),
        "devices": devices_of(reading, session_id),
        "prechecks": _parts(reading, prechecks, session_id, "checked_at"),
        "authorisations": [
            {**one, "ordered_mg": milligrams(one["ordered_ug"])} for one in authorised
        ],
        "doses": [
            {**dose, **_milligrams(dose)}
            for dose in _parts(reading, doses, session_id, "seq")
        ],
        "alerts": _parts(reading, alerts, session_id, "raised_at"),
        "phases": _phases(row),
        "limits": limits.said,
        "limit_origins": limits.origins,
        "readiness": _readiness(authorised[-1]["readiness"]) if authorised else None,
        "discharge": row["discharge_record"],
        "abort": _abort(row["abort_record"]),
        "signature_holds": _signature_holds(reading, row),
    }


def process_notes_of(reading: Reading, session_id: UUID) -> list[Row]:
    """The reader's own process notes on a session, the oldest first.

    Raises:
        NotFoundError: there are none of the reader's, whatever others wrote.
    """
    rows = reading.rows(
        reading.select(process_notes)
        .where(
            process_notes.c.session_id == session_id,
            process_notes.c.author_id == reading.context.actor.id,
        )
        .order_by(process_notes.c.id)
    )
    if not rows:
        raise NotFoundError("there are no process notes of yours on this session")
    return rows


def _patient(reading: Reading, patient_id: UUID) -> Row:
    return reading.one(
        reading.select(patients).where(patients.c.id == patient_id), "patient"
    )


def _of_patient(reading: Reading, table: Table, patient_id: UUID) -> list[Row]:
    _patient(reading, patient_id)
    return reading.rows(
        reading.select(table)
        .where(table.c.patient_id == patient_id)
        .order_by(table.c.id.desc())
    )


def _parts(reading: Reading, table: Table, session_id: UUID, by: str) -> list[Row]:
    return reading.rows(
        reading.select(table)
        .where(table.c.session_id == session_id)
        .order_by(table.c[by], table.c.id)
    )


def _weight(reading: Reading, patient_id: UUID) -> Row | None:
    """The last weight of a patient."""
    latest = (
        reading.select(weights)
        .where(weights.c.patient_id == patient_id)
        .order_by(weights.c.measured_at.desc(), weights.c.id.desc())
        .limit(1)
    )
    return next(iter(reading.rows(latest)), None)


def _alert_counts(reading: Reading, session_ids: list[UUID]) -> dict[UUID, int]:
    rows = reading.rows(
        reading.select(alerts, alerts.c.session_id, func.count().label("open"))
        .where(
            alerts.c.session_id.in_(session_ids), alerts.c.status == AlertStatus.OPEN
        )
        .group_by(alerts.c.session_id)
    )
    return {row["session_id"]: row["open"] for row in rows}


def _order(row: Row) -> Row:
    return {**row, **shown(row)}


def pack_at_hand(reading: Reading, at: datetime) -> RulePack:
    """The pack the clinic that is read for goes by at a moment, as far as known."""
    return packs.at_hand(reading.connection, reading.context.clinic_id, at)


def _session(row: Row, pack: RulePack) -> Row:
    """A session with what follows from its times."""
    stay = pack.discharge.minimum_stay[row["route"]]
    last = row["last_dose_at"]
    phases = _phases(row)
    return {
        **row,
        "phase": phases[-1]["phase"] if phases else None,
        "earliest_discharge_at": last + stay if last else None,
    }


def _phases(row: Row) -> list[Row]:
    began = {
        Phase.EXPERIENCE: row["first_dose_at"],
        Phase.RECOVERY: row["recovery_at"],
    }
    return [{"phase": phase, "at": at} for phase, at in began.items() if at]


def _milligrams(dose: Row) -> Row:
    return {
        f"{what}_mg": milligrams(dose[f"{what}_ug"])
        for what in ("given", "drawn", "wasted")
    }


def _readiness(kept: Row) -> Row:
    """A readiness answer as it was kept, its times as times again."""
    return {
        **kept,
        "at": datetime.fromisoformat(kept["at"]),
        "facts": [
            {**fact, "valid_until": _moment(fact["valid_until"])}
            for fact in kept["facts"]
        ],
        "stale": [
            {**one, "since": _moment(one["since"])} for one in kept.get("stale", ())
        ],
    }


def _moment(kept: str | None) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def _abort(kept: Row | None) -> Row | None:
    if kept is None:
        return None
    return {**kept, "wasted_mg": milligrams(kept["wasted_ug"])}


def _signature_holds(reading: Reading, row: Row) -> bool | None:
    """Whether a signed record is still what was signed."""
    if row["signature_hash"] is None:
        return None
    return bool(record_hash(row["id"], reading.connection) == row["signature_hash"])
