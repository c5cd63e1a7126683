"""What somebody reads who has the databases' files or a backup, and nothing else."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url

from shared.testing.lab import Lab
from shared.testing.servers.programs import find_postgres

OPEN = {
    "clinics.name": "a clinic's name is on its door",
    "doses.lot": "a number of the manufacturer",
    "abort.lot": "a number of the manufacturer",
}
"""What may stand in a page as it is, and why; all else is about a patient."""


def is_open(where: str) -> bool:
    """Whether what was planted there may be read by whoever has the files."""
    return any(where.endswith(f"/{name}") for name in OPEN)


def stored_text(lab: Lab) -> Iterator[tuple[str, str]]:
    """Everything each service's database holds, as text, with where it is.

    Of SQLite also the bytes of its files: pages keep what was deleted, and the log
    what was overwritten.
    """
    for name, runtime in lab.platform.runtimes.items():
        owner_url = runtime.settings.owner_database_url
        url = make_url(owner_url or runtime.settings.database_url)
        if runtime.database.is_sqlite:
            file = Path(url.database or "")
            for part in sorted(file.parent.glob(f"{file.name}*")):
                yield part.name, part.read_bytes().decode("latin-1")
            with closing(sqlite3.connect(file)) as connection:
                yield f"rows of {name}", "\n".join(connection.iterdump())
        else:
            yield f"a dump of {name}", _dump(url)


def _dump(url: URL) -> str:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    command = [str(find_postgres() / "pg_dump"), "--inserts", "--dbname", plain]
    ran = subprocess.run(command, capture_output=True, check=True, text=True)
    return ran.stdout
