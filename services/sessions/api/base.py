"""What the routes have in common: where they hang, draws, and how old facts are."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.sessions.commands.ledger import DrawFrom
from services.sessions.queries import fresh
from shared.freshness import Stale
from shared.http import Routes
from shared.http.routes import current_runtime
from shared.readiness import Gate
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

routes = Routes(
    "sessions", "Orders, treatment sessions, alerts, integration and the ledger"
)


def drawn_from(body: Iterable[Mapping[str, Any]]) -> tuple[DrawFrom, ...]:
    """Out of which containers something was drawn."""
    return tuple(DrawFrom(**one) for one in body)


def stale_facts(
    work: UnitOfWork | Reading, gate: Gate = Gate.AUTHORISATION
) -> tuple[Stale, ...]:
    """Which of the facts a gate asks for may be out of date now."""
    runtime = current_runtime()
    seconds = runtime.settings.facts_seconds
    return fresh.stale_facts(work, gate, at=runtime.clock(), seconds=seconds)
