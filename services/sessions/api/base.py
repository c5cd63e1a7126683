"""What the routes have in common: where they hang, and how draws are read."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.sessions.commands.ledger import DrawFrom
from shared.http import Routes

routes = Routes(
    "sessions", "Orders, treatment sessions, alerts, integration and the ledger"
)


def drawn_from(body: Iterable[Mapping[str, Any]]) -> tuple[DrawFrom, ...]:
    """Out of which containers something was drawn."""
    return tuple(DrawFrom(**one) for one in body)
