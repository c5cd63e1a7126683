"""The migration makes the tables that the models describe, on both databases."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.scheduling.app import service
from services.scheduling.models import metadata
from shared.testing.lab import EVERYTHING
from tests.conftest import MakeLab


def test_the_models_are_what_the_migration_makes(make_lab: MakeLab) -> None:
    lab = make_lab([service])

    with lab.runtime("scheduling").begin(EVERYTHING) as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda _item, name, kind, _reflected, _other: (
                    kind != "table" or name in metadata.tables
                )
            },
        )
        drift: list[Any] = list(compare_metadata(context, metadata))

    assert drift == []
