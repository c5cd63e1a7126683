"""The migration makes what the models describe, and every event is listened to."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.console.app import service
from shared.events import catalogue
from shared.testing.lab import Lab


def test_the_migrated_tables_are_those_of_the_models(on_both: Lab) -> None:
    own = set(service.metadata.tables)

    with on_both.runtime("console").database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: kind != "table" or name in own},
        )
        found = compare_metadata(context, service.metadata)

    assert found == []


def test_every_event_of_the_platform_is_noted() -> None:
    assert set(service.handlers) == set(catalogue().values())
