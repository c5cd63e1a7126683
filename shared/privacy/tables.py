"""The tables of keys. They are the same in every service's database."""

from collections.abc import Mapping

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from shared.database import UtcDateTime, new_metadata

metadata = new_metadata()

_LIVE = text("retired_at is null")

data_keys = Table(
    "data_keys",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("master_id", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),
    # One key of a purpose is in use, however many processes make the first at once.
    Index(
        "uq_data_keys_clinic_id_purpose_live",
        "clinic_id",
        "purpose",
        unique=True,
        postgresql_where=_LIVE,
        sqlite_where=_LIVE,
    ),
)

person_keys = Table(
    "person_keys",
    metadata,
    Column("patient_id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("data_key_id", Uuid(), ForeignKey("data_keys.id")),
    Column("made_at", UtcDateTime, nullable=False),
    Column("destroyed_at", UtcDateTime),
)


def insert_if_free(
    connection: Connection, table: Table, row: Mapping[str, object]
) -> bool:
    """Insert a row unless there is one; who does so at the same moment waits."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(row).on_conflict_do_nothing()
    first = next(iter(table.primary_key))
    return connection.execute(statement.returning(first)).first() is not None
