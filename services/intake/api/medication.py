"""Routes of a patient's list of medication and allergies."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.commands import AddListEntry
from services.intake.domain import ListEntry, Reconciliation
from services.intake.schemas import medication
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.get(
    "/episodes/<uuid:episode_id>/medication-list",
    scope=access.EPISODE_READ,
    gives=medication.MedicationListView(),
)
def show_medication_list(reading: Reading, episode_id: UUID) -> queries.Row:
    """The list with what the rule pack says of each entry."""
    return queries.medication_list(reading, episode_id, current_runtime().clock())


@routes.post(
    "/episodes/<uuid:episode_id>/medication-list",
    scope=access.MEDICATION_WRITE,
    takes=medication.EntryBody(),
    gives=medication.EntryView(),
    status=201,
)
def add_list_entry(
    uow: UnitOfWork, body: dict[str, Any], episode_id: UUID
) -> ListEntry:
    """Somebody tells of a medicine or an allergy."""
    return handlers.add_list_entry(AddListEntry(episode_id=episode_id, **body), uow)


@routes.post(
    "/medication-list/<uuid:entry_id>/status",
    scope=access.MEDICATION_WRITE,
    takes=medication.EntryStatusBody(),
    gives=medication.EntryView(),
)
def change_list_entry(
    uow: UnitOfWork, body: dict[str, Any], entry_id: UUID
) -> ListEntry:
    """A clinician says how it stands with an entry."""
    return handlers.change_list_entry(entry_id, body["status"], uow)


@routes.post(
    "/episodes/<uuid:episode_id>/reconciliation",
    scope=access.MEDICATION_WRITE,
    gives=medication.ReconciliationView(),
    status=201,
)
def reconcile(uow: UnitOfWork, episode_id: UUID) -> Reconciliation:
    """A clinician went through the whole list with the patient."""
    return handlers.reconcile(episode_id, uow)
