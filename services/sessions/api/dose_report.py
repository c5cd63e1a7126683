"""Routes of doses in figures."""

from typing import Any

from services.sessions.api.base import routes
from services.sessions.queries import dose_report as queries
from services.sessions.schemas import dose_report as schemas
from shared import access
from shared.http.downloads import Download
from shared.http.months import MonthsQuery, instants
from shared.http.routes import current_runtime
from shared.reading import Reading

CSV = "text/csv"


@routes.get(
    "/reports/doses",
    scope=access.OUTCOMES_REPORT,
    query=MonthsQuery(),
    gives=schemas.DoseReportView(),
)
def show_dose_report(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """Doses and what they were followed by, in figures."""
    return _report(reading, query)


@routes.download(
    "/reports/doses.csv",
    scope=access.OUTCOMES_REPORT,
    query=MonthsQuery(),
    media_types=[CSV],
)
def export_dose_report(reading: Reading, query: dict[str, Any]) -> Download:
    """The same as a table."""
    content = queries.dose_csv(_report(reading, query)["lines"])
    return Download(
        patient_ids=(), name="doses.csv", media_type=CSV, content=content.encode()
    )


def _report(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    zone = queries.zone_of(reading)
    begins_at, ends_at = instants(query, zone, current_runtime().clock())
    return {
        "begins_at": begins_at,
        "ends_at": ends_at,
        "least": queries.LEAST,
        "lines": queries.dose_report(reading, begins_at, ends_at),
    }
