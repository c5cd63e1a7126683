"""What is read of who pays for an episode of care."""

from uuid import UUID

from sqlalchemy import func

from services.intake.models import episode_coverages, episodes, used_units
from shared.reading import Reading, Row


def coverages_of(reading: Reading, episode_id: UUID) -> list[Row]:
    """Who pays and paid for an episode, newest first.

    Raises:
        NotFoundError: there is no such episode in this clinic.
    """
    reading.one(
        reading.select(episodes, episodes.c.id).where(episodes.c.id == episode_id),
        "episode",
    )
    rows = reading.rows(
        reading.select(episode_coverages)
        .where(episode_coverages.c.episode_id == episode_id)
        .order_by(episode_coverages.c.id.desc())
    )
    used = used_units.c.episode_coverage_id
    counted = (
        reading.select(used_units, used, func.count().label("units"))
        .where(used.in_([row["id"] for row in rows]))
        .group_by(used)
    )
    units = {row[0]: row.units for row in reading.connection.execute(counted)}
    return [{**row, "units_left": _left(row, units.get(row["id"], 0))} for row in rows]


def _left(row: Row, used: int) -> int | None:
    granted: int | None = row["units_granted"]
    return None if granted is None else max(0, granted - used)
