"""What differs between a database and the models."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from services.notifications.models import metadata
from shared.testing.lab import EVERYTHING
from tests.notifications.clinic_lab import Clinic


def differences(clinic: Clinic) -> list[object]:
    """What alembic would change about our own tables."""
    with clinic.lab.runtime("notifications").begin(EVERYTHING) as connection:
        foreign = set(inspect(connection).get_table_names()) - set(metadata.tables)
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: (
                    kind != "table" or name not in foreign
                ),
            },
        )
        return list(compare_metadata(context, metadata))
