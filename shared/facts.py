"""A service's own copy of the readiness facts, kept up by events."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    Uuid,
    and_,
    insert,
    select,
    update,
)

from shared.database import UtcDateTime
from shared.events import Event
from shared.packs import Packs
from shared.readiness import FACT_EVENTS, Fact, FactChange, FactName, facts_told_by
from shared.service import Handler
from shared.unit_of_work import UnitOfWork


def facts_table(metadata: MetaData) -> Table:
    """One row for each patient, fact and source of it."""
    return Table(
        "readiness_facts",
        metadata,
        Column("clinic_id", Uuid(), primary_key=True),
        Column("patient_id", Uuid(), primary_key=True),
        Column("fact", String(64), primary_key=True),
        Column("source_id", Uuid(), primary_key=True),
        Column("holds", Boolean, nullable=False),
        Column("valid_until", UtcDateTime),
        Column("appointment_id", Uuid()),
        Column("told_at", UtcDateTime, nullable=False),
    )


class Facts:
    """The facts in one service's database."""

    def __init__(self, metadata: MetaData, packs: Packs) -> None:
        self.table = facts_table(metadata)
        self._packs = packs

    def handlers(self) -> Mapping[type[Event], Handler]:
        """What keeps the copy up: one handler for every event that tells a fact."""
        return dict.fromkeys(FACT_EVENTS, self.note)

    def note(self, event: Event, uow: UnitOfWork) -> bool:
        """Note what an event says; True if it changed anything."""
        told_at = uow.causing.occurred_at if uow.causing else uow.now
        changes = facts_told_by(event, occurred_at=told_at, pack=self._packs.of(uow))
        kept = [self.put(change, uow) for change in changes]
        return any(kept)

    def put(self, change: FactChange, uow: UnitOfWork) -> bool:
        """Keep a change, unless something newer is known; whether it was kept."""
        table = self.table
        values = {**asdict(change), "clinic_id": uow.clinic_id}
        same = and_(
            table.c.clinic_id == uow.clinic_id,
            table.c.patient_id == change.patient_id,
            table.c.fact == change.fact,
            table.c.source_id == change.source_id,
        )
        # The update itself asks what is known: what another worker is noting at this
        # moment, a withdrawal for one, must not be undone by older news.
        is_news = and_(same, table.c.told_at <= change.told_at)
        changed = uow.connection.execute(update(table).where(is_news).values(**values))
        if changed.rowcount:
            return True
        if uow.connection.execute(select(table.c.told_at).where(same)).first():
            return False
        uow.connection.execute(insert(table).values(**values))
        return True

    def of(
        self, patient_id: UUID, connection: Connection, clinic_id: UUID
    ) -> list[Fact]:
        """What is known of a patient."""
        table = self.table
        rows = connection.execute(
            select(table).where(
                table.c.clinic_id == clinic_id, table.c.patient_id == patient_id
            )
        )
        return [
            Fact(
                name=FactName(row.fact),
                holds=row.holds,
                valid_until=row.valid_until,
                appointment_id=row.appointment_id,
            )
            for row in rows
        ]


def readiness_view(readiness: Any, *, gate: str, at: datetime) -> dict[str, Any]:
    """A readiness answer as an API gives it."""
    return {
        "gate": gate,
        "at": at,
        "ready": readiness.ready,
        "facts": [
            {
                "fact": state.fact.value,
                "holds": state.holds,
                "cause": state.cause.value if state.cause else None,
                "valid_until": state.valid_until,
            }
            for state in readiness.facts
        ],
    }
