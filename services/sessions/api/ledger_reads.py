"""Routes that read the ledger, and put it on paper."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import httpx

from services.sessions.api.base import routes
from services.sessions.api.papers import count_paper, register_paper
from services.sessions.queries import ledger as queries
from services.sessions.queries.verification import verification
from services.sessions.schemas import ledger as schemas
from services.sessions.schemas import ledger_lists as lists
from shared import access
from shared.errors import UnavailableError
from shared.http import Page
from shared.http.door import bearer
from shared.http.downloads import Download
from shared.http.routes import current_runtime
from shared.reading import Reading

PAPERS = list(lists.MEDIA_TYPES.values())


@routes.get("/ledger", scope=access.LEDGER_READ, gives=lists.OverviewView())
def show_ledger(reading: Reading) -> Any:
    """How the ledger stands."""
    return queries.overview(reading, current_runtime().clock())


@routes.get(
    "/ledger/containers",
    scope=access.LEDGER_READ,
    query=lists.ContainersQuery(),
    gives=lists.ContainersView(),
)
def list_containers(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """Every container there ever was."""
    only = {"status": query["status"]}
    return {"items": queries.page_of(reading, "containers", query, **only)}


@routes.get(
    "/ledger/containers/<uuid:container_id>",
    scope=access.LEDGER_READ,
    gives=schemas.ContainerView(),
)
def show_container(reading: Reading, container_id: UUID) -> Any:
    """One container."""
    return queries.one_of(reading, "containers", container_id)


@routes.get(
    "/ledger/entries",
    scope=access.LEDGER_READ,
    query=lists.EntriesQuery(),
    gives=lists.EntriesView(),
)
def list_ledger_entries(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """The ledger's entries."""
    return {"items": queries.entries_page(reading, query)}


@routes.get(
    "/ledger/counts",
    scope=access.LEDGER_READ,
    query=Page(),
    gives=lists.CountsView(),
)
def list_counts(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """When stock was counted, and how often it did not add up."""
    return {"items": queries.page_of(reading, "counts", query)}


@routes.get(
    "/ledger/cases",
    scope=access.LEDGER_READ,
    query=lists.CasesQuery(),
    gives=lists.CasesView(),
)
def list_cases(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """Discrepancy cases."""
    only = {"status": query["status"]}
    return {"items": queries.page_of(reading, "cases", query, **only)}


@routes.get(
    "/ledger/cases/<uuid:case_id>",
    scope=access.LEDGER_READ,
    gives=schemas.CaseView(),
)
def show_case(reading: Reading, case_id: UUID) -> Any:
    """One discrepancy case."""
    return queries.one_of(reading, "cases", case_id)


@routes.get(
    "/ledger/recalls",
    scope=access.LEDGER_READ,
    query=Page(),
    gives=lists.RecallsView(),
)
def list_recalls(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """Which lots were recalled."""
    return {"items": queries.page_of(reading, "recalls", query)}


@routes.get(
    "/ledger/recalls/<uuid:recall_id>",
    scope=access.LEDGER_READ,
    gives=schemas.RecallDetailView(),
)
def show_recall(reading: Reading, recall_id: UUID) -> Any:
    """A recall, and everybody who got some of the lot."""
    return queries.recall(reading, recall_id)


@routes.get(
    "/ledger/verification",
    scope=access.LEDGER_VERIFY,
    gives=lists.LedgerVerificationView(),
)
def verify_ledger(reading: Reading) -> Any:
    """Hold every entry against the one before, every balance against its entries."""
    return verification(reading)


@routes.download(
    "/ledger/export",
    scope=access.LEDGER_READ,
    query=lists.ExportQuery(),
    media_types=PAPERS,
)
def export_ledger(reading: Reading, query: dict[str, Any]) -> Download:
    """The register of some days, as an inspector asks for it."""
    found = queries.register(reading, query["first"], query["last"])
    concerned = {row["patient_id"] for row in found["entries"]} - {None}
    names = _names(reading, concerned) if query["names"] else {}
    now = current_runtime().clock()
    return register_paper(found, names, kind=query["format"], now=now)


@routes.download(
    "/ledger/counts/<uuid:count_id>/paper",
    scope=access.LEDGER_READ,
    query=lists.PaperQuery(),
    media_types=PAPERS,
)
def export_count(reading: Reading, query: dict[str, Any], count_id: UUID) -> Download:
    """An inventory as it was counted: initial, biennial, or of a day."""
    now = current_runtime().clock()
    return count_paper(
        queries.counted(reading, count_id), kind=query["format"], now=now
    )


def _names(reading: Reading, patient_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What intake calls the patients, as far as it tells whoever asks.

    Raises:
        UnavailableError: it does not answer.
    """
    peers, token = current_runtime().peers, bearer()
    named = {}
    for patient_id in sorted(patient_ids):
        path = f"/v1/clinics/{reading.context.clinic_id}/patients/{patient_id}"
        answer = peers.ask("intake", "GET", path, token=token)
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UnavailableError("intake does not answer")
        if answer.is_success:
            said = answer.json()
            parts = (said.get("given_name"), said.get("family_name"))
            named[patient_id] = " ".join(part for part in parts if part)
    return named
