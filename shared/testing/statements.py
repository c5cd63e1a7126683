"""Statements compiled once in a process, however many databases it opens.

Every engine has a dialect and a cache of its own, so that each laboratory would compile
anew what the last one has: a fifth of what a test takes.
"""

from typing import Any

from sqlalchemy import Dialect

from shared.database import Database

_known: dict[str, tuple[Dialect, dict[Any, Any]]] = {}


def share_compiled(database: Database) -> None:
    """Let a database that was just opened use what was compiled for those before."""
    kind = database.engine.dialect.name
    dialect, compiled = _known.setdefault(kind, (database.engine.dialect, {}))
    for engine in (database.engine, database.reading):
        engine.dialect = dialect
        engine.update_execution_options(compiled_cache=compiled)
