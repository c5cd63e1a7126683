"""What intake's tables are made of."""

from sqlalchemy import Column, ForeignKey, Integer, Uuid

from shared.database import new_metadata

metadata = new_metadata()


def own() -> list[Column[object]]:
    """What every row says: which it is, and in which clinic."""
    return [
        Column("id", Uuid(), primary_key=True),
        Column("clinic_id", Uuid(), nullable=False),
    ]


def record() -> list[Column[object]]:
    """What a row of its own life says: how often it was changed, too."""
    return [*own(), Column("version", Integer, nullable=False)]


def of(table: str) -> Column[object]:
    """The id of the record a row belongs to."""
    return Column(
        f"{table.removesuffix('s')}_id",
        Uuid(),
        ForeignKey(f"{table}.id"),
        nullable=False,
        index=True,
    )
