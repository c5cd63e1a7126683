"""Readiness facts: what this service adds to them, and what it makes of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.sessions.domain.errors import FactsStaleError, NotReadyError
from services.sessions.domain.session import Session
from services.sessions.models import facts, packs
from shared.aggregate import Aggregate
from shared.events import Event
from shared.facts import readiness_view
from shared.freshness import Stale
from shared.readiness import Cause, FactName, Gate, Readiness, evaluate
from shared.unit_of_work import UnitOfWork


def tell_fact(event: Event, uow: UnitOfWork, *, of: Aggregate) -> None:
    """Tell an event of our own that changes a fact; the copy here knows at once."""
    uow.publish(event, of=of)
    facts.note(event, uow)


def readiness_now(session: Session, uow: UnitOfWork) -> Readiness:
    """How it stands with every fact a dose rests on."""
    return evaluate(
        facts.of(session.patient_id, uow.connection, uow.clinic_id),
        gate=Gate.AUTHORISATION,
        at=uow.now,
        pack=packs.of(uow),
        appointment_id=session.appointment_id,
    )


def escort_confirmed(session: Session, uow: UnitOfWork) -> bool:
    """Whether somebody will take the patient home from this appointment."""
    reasons = readiness_now(session, uow).reasons
    return all(reason.fact is not FactName.ESCORT_CONFIRMED for reason in reasons)


def is_on_hold(patient_id: UUID, uow: UnitOfWork) -> bool:
    """Whether something forbids a dose at present: a safety flag, a pause."""
    known = facts.of(patient_id, uow.connection, uow.clinic_id)
    return any(one.name is FactName.NO_OPEN_HOLD and not one.holds for one in known)


def demand_ready(session: Session, uow: UnitOfWork) -> Readiness:
    """Every fact a dose rests on holds, and stays as it is until the commit.

    Raises:
        NotReadyError: one does not hold, or no longer.
    """
    _hold_facts(session.patient_id, uow)
    readiness = readiness_now(session, uow)
    if not readiness.ready:
        raise NotReadyError(details={"reasons": _told(readiness)})
    return readiness


def demand_fresh(
    stale: Iterable[Stale], *, reason: str | None = None, confirmed: Iterable[str] = ()
) -> None:
    """No fact a dose rests on may be out of date, unless it is answered for.

    Args:
        reason: why that is no obstacle now.
        confirmed: what was answered for before.

    Raises:
        FactsStaleError: one may be.
    """
    left = [one for one in stale if not set(one.facts) <= set(confirmed)]
    if left and not reason:
        raise FactsStaleError(
            field="stale_reason", details={"stale": [_kept(one) for one in left]}
        )


def snapshot(
    readiness: Readiness, *, at: datetime, stale: Iterable[Stale]
) -> dict[str, Any]:
    """A readiness answer as it is kept with an authorisation, in JSON's own types."""
    view = readiness_view(readiness, gate=Gate.AUTHORISATION.value, at=at)
    return {
        **view,
        "at": at.isoformat(),
        "facts": [
            {**fact, "valid_until": _iso(fact["valid_until"])} for fact in view["facts"]
        ],
        "stale": [_kept(one) for one in stale],
    }


def _kept(stale: Stale) -> dict[str, Any]:
    facts = [fact.value for fact in stale.facts]
    return {"producer": stale.producer, "since": _iso(stale.since), "facts": facts}


def _hold_facts(patient_id: UUID, uow: UnitOfWork) -> None:
    """Nobody withdraws a known fact between the answer and the commit (PostgreSQL)."""
    table = facts.table
    uow.connection.execute(
        select(table.c.fact)
        .where(table.c.clinic_id == uow.clinic_id, table.c.patient_id == patient_id)
        .order_by(table.c.fact, table.c.source_id)
        .with_for_update()
    ).all()


def _told(readiness: Readiness) -> list[dict[str, str]]:
    reasons: list[tuple[FactName, Cause]] = [
        (reason.fact, reason.cause) for reason in readiness.reasons
    ]
    return [{"fact": fact.value, "cause": cause.value} for fact, cause in reasons]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
