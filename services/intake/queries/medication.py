"""What is read of a patient's list of medication and allergies."""

from datetime import datetime
from uuid import UUID

from services.intake.models import episodes, list_entries, packs, reconciliations
from shared.reading import Reading, Row


def medication_list(reading: Reading, episode_id: UUID, now: datetime) -> Row:
    """An episode's list, newest first, with what the pack in force says of each entry.

    Raises:
        NotFoundError: there is no such episode in this clinic.
    """
    reading.one(
        reading.select(episodes, episodes.c.id).where(episodes.c.id == episode_id),
        "episode",
    )
    pack = packs.in_force(reading.connection, reading.context.clinic_id, now)
    entries = reading.rows(
        reading.select(list_entries)
        .where(list_entries.c.episode_id == episode_id)
        .order_by(list_entries.c.id.desc())
    )
    done = reading.rows(
        reading.select(reconciliations)
        .where(reconciliations.c.episode_id == episode_id)
        .order_by(reconciliations.c.id.desc())
        .limit(1)
    )
    return {
        "rule_pack": pack.version,
        "reconciled": done[0] if done else None,
        "items": [
            {
                **row,
                "interactions": pack.interactions_of(
                    row["kind"], row["name"], row["rxnorm"]
                ),
            }
            for row in entries
        ],
    }
