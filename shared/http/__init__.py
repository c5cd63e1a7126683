"""The HTTP edge: who calls, what they may, one transaction a request, clear answers."""

from shared.http.app import create_app
from shared.http.routes import Routes
from shared.http.schemas import Body, Page, Query, View

__all__ = ["Body", "Page", "Query", "Routes", "View", "create_app"]
