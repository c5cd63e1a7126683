"""The API of a service without encryption, audit trail and row-level security.

What those cost is measured against this. It exists in the benchmark only: nothing of
the product starts a service like this.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, text

from cli.processes import gunicorn_for, share_metrics
from shared.database import Database
from shared.logs import log_to
from shared.mailbox import outbox
from shared.privacy.keyring import Keyring
from shared.privacy.keys import Purpose
from shared.privacy.vault import Vault
from shared.reach import NETWORK
from shared.service import Runtime, Service
from shared.settings import Settings
from shared.unit_of_work import UnitOfWork


class Unnoted(UnitOfWork):
    """A unit of work that leaves no entry in the audit trail."""

    def prepare(self) -> list[tuple[Table, Mapping[str, Any]]]:
        """The rows that are left to insert."""
        self.flush()
        return [*self._rows, *outbox.rows_of(self._told)]


class Open(Vault):
    """A vault that seals nothing."""

    def seal(
        self,
        connection: Connection,
        plain: bytes,
        where: str,
        *,
        clinic_id: UUID | None,
        person_id: UUID | None = None,
        purpose: Purpose = Purpose.DATA,
    ) -> bytes:
        """The value as it is."""
        del connection, where, clinic_id, person_id, purpose
        return plain

    def open_all(
        self,
        connection: Connection,
        sealed: Sequence[tuple[bytes, str]],
        *,
        clinic_id: UUID | None = None,
    ) -> list[bytes | None]:
        """The values as they are."""
        del connection, clinic_id
        return [bytes(value) for value, _ in sealed]


def lift(owner_url: str) -> None:
    """Take row-level security off every table of a database."""
    database = Database(owner_url)
    with database.begin(NETWORK) as connection:
        named = text("select tablename from pg_tables where schemaname = 'public'")
        for table in connection.execute(named).scalars().all():
            for what in ("no force", "disable"):
                connection.execute(
                    text(f'alter table "{table}" {what} row level security')
                )
    database.close()


def start(service: Service, settings: Settings) -> Runtime:
    """A runtime without all that."""
    runtime = Runtime.start(service, settings)
    runtime.database.close()
    vault = Open(Keyring(settings.master_keys))
    runtime.database = Database(settings.database_url, vault=vault)
    runtime.work = Unnoted
    return runtime


def main() -> None:
    """Serve, as `kap api` does."""
    settings = Settings.from_env()
    share_metrics()
    log_to()
    gunicorn_for(sys.argv[1], settings, start).run()


if __name__ == "__main__":
    main()
