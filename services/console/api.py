"""The console's routes for programs; its pages for people are in `pages`."""

from typing import Any
from uuid import UUID

from services.console import queries, schemas
from shared import access
from shared.http import Page, Routes
from shared.reading import Reading

routes = Routes("console", "What happened, in order")


@routes.get(
    "/timeline", scope=access.TIMELINE_READ, query=Page(), gives=schemas.TimelineView()
)
def list_timeline(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """What happened in the clinic, newest first; `after` an event are older ones."""
    return {"items": queries.events(reading, **query)}


@routes.get(
    "/patients/<uuid:patient_id>/timeline",
    scope=access.TIMELINE_READ,
    query=Page(),
    gives=schemas.TimelineView(),
)
def list_patient_timeline(
    reading: Reading, query: dict[str, Any], patient_id: UUID
) -> dict[str, Any]:
    """What happened to a patient, newest first; `after` an event are older ones."""
    return {"items": queries.events(reading, patient_id=patient_id, **query)}
