"""That the migration makes what the models say, and the database keeps its promises."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from services.sessions import models
from services.sessions.app import service
from shared.testing.lab import EVERYTHING, Lab
from shared.testing.servers import PostgresServer
from tests.sessions.clinic_day import NAME, Day


def drift(connection: Connection) -> list[Any]:
    """What would have to change for the tables to be as the models say."""
    own = set(service.metadata.tables)

    def is_own(item: Any, name: str | None, kind: str, *_: object) -> bool:
        return name in own if kind == "table" else item.table.name in own

    context = MigrationContext.configure(
        connection, opts={"include_object": is_own, "compare_type": True}
    )
    return list(compare_metadata(context, service.metadata))


def test_the_migration_makes_the_tables_of_the_models(lab: Lab) -> None:
    with lab.runtime(NAME).begin(EVERYTHING) as connection:
        assert drift(connection) == []


def test_so_it_does_on_postgresql(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    url = postgres_server.create_database("sessions_drift")
    lab = Lab([service], tmp_path, database_url=lambda _: url)

    try:
        with lab.runtime(NAME).begin(EVERYTHING) as connection:
            assert drift(connection) == []
    finally:
        lab.close()
        postgres_server.drop_database("sessions_drift")


def test_the_database_itself_keeps_amounts_together(day: Day) -> None:
    day.patient().dosed()

    with (
        pytest.raises(IntegrityError),
        day.lab.runtime(NAME).database.begin(EVERYTHING) as connection,
    ):
        connection.execute(update(models.doses).values(wasted_ug=1))


def test_the_database_itself_keeps_one_open_order_for_a_patient(day: Day) -> None:
    patient = day.patient()
    patient.weigh()
    patient.order()

    with (
        pytest.raises(IntegrityError),
        day.lab.runtime(NAME).database.begin(EVERYTHING) as connection,
    ):
        row = connection.execute(
            models.orders.select().where(models.orders.c.patient_id == patient.id)
        ).one()
        second = {**row._mapping, "id": patient.episode_id}
        connection.execute(insert(models.orders).values(**second))
