"""Databases brought up to date once in a process, to be copied for every test."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from weakref import WeakKeyDictionary

from shared import migrations
from shared.ids import uuid7
from shared.testing.servers import PostgresServer
from shared.testing.servers.postgres import service_url

_made: WeakKeyDictionary[PostgresServer, dict[str, str]] = WeakKeyDictionary()


def sqlite_database(service: str, path: Path) -> str:
    """A service's database without rows, as a new file; its URL."""
    template = _folder() / f"{service}.db"
    if not template.exists():
        migrations.migrate(service, f"sqlite:///{template}")
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


def postgres_database(server: PostgresServer, service: str, name: str) -> str:
    """A service's database without rows; its URL, as the owner."""
    templates = _made.setdefault(server, {})
    if service not in templates:
        template = f"template_{service}_{uuid7().hex}"
        url = server.create_database(template)
        migrations.migrate(service, service_url(url), owner_url=url)
        templates[service] = template
    return server.create_database_from(templates[service], name)


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="kap-templates-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
