"""Facts that a patient's list of medication and allergies stands for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, or_, select

from services.intake.models import list_entries
from shared.privacy.columns import opened
from shared.rulepack import RulePack

Listed = Mapping[UUID, frozenset[str]]


def facts_listed(
    episode_ids: Iterable[UUID],
    at: datetime,
    *,
    pack: RulePack,
    connection: Connection,
    clinic_id: UUID | None,
) -> Listed:
    """For each episode the facts its list stood for at a moment, by a pack."""
    table = list_entries
    query = select(table).where(
        table.c.episode_id.in_(list(episode_ids)),
        table.c.active_from <= at,
        or_(table.c.active_until.is_(None), table.c.active_until > at),
    )
    if clinic_id is not None:
        query = query.where(table.c.clinic_id == clinic_id)
    found: dict[UUID, set[str]] = defaultdict(set)
    for row in opened(connection, connection.execute(query), clinic_id=clinic_id):
        for one in pack.interactions_of(row["kind"], row["name"], row["rxnorm"]):
            if one.fact is not None:
                found[row["episode_id"]].add(one.fact)
    return {episode_id: frozenset(facts) for episode_id, facts in found.items()}
