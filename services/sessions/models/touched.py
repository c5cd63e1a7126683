"""Which doses came out of a lot, by the ledger or by what was noted without it."""

from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased

from services.sessions.domain.ledger.states import Kind
from services.sessions.domain.order import Drug
from services.sessions.models.ledger import containers, entries
from services.sessions.models.tables import doses, orders, sessions


def touched_by(drug: Drug, lot: str, *, clinic_id: UUID) -> Select[tuple[UUID, ...]]:
    """Every dose of a lot: its id, session and patient, and when it was given.

    What the ledger says counts, as it was corrected; the lot that stands in the dose
    only where the ledger has nothing of it.
    """
    same = lot.strip().lower()
    reversal = aliased(entries)
    by_ledger = (
        select(entries.c.dose_id)
        .join(containers, containers.c.id == entries.c.container_id)
        .where(
            entries.c.clinic_id == clinic_id,
            entries.c.kind == Kind.DRAW,
            entries.c.dose_id.is_not(None),
            containers.c.drug == drug,
            func.lower(containers.c.lot) == same,
            ~exists().where(reversal.c.reverses_id == entries.c.id),
        )
    )
    is_posted = exists().where(entries.c.dose_id == doses.c.id)
    by_label = func.lower(doses.c.lot) == same
    return (
        select(
            doses.c.id.label("dose_id"),
            doses.c.session_id,
            sessions.c.patient_id,
            doses.c.given_at,
        )
        .join(sessions, sessions.c.id == doses.c.session_id)
        .join(orders, orders.c.id == doses.c.order_id)
        .where(
            doses.c.clinic_id == clinic_id,
            orders.c.drug == drug,
            doses.c.id.in_(by_ledger) | (by_label & ~is_posted),
        )
        .order_by(doses.c.given_at, doses.c.id)
    )
