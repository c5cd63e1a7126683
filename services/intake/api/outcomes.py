"""Routes of outcomes: one patient's, the clinic's in counts, and the network's."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.domain import Clinic
from services.intake.schemas import cohort, outcomes
from shared import access
from shared.http.downloads import Download
from shared.http.months import MonthsQuery, instants
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

CSV = "text/csv"


@routes.get(
    "/patients/<uuid:patient_id>/outcomes",
    scope=access.OUTCOMES_READ,
    gives=outcomes.PatientOutcomesView(),
)
def show_outcomes(reading: Reading, patient_id: UUID) -> queries.Row:
    """How a patient's questionnaires went, beside the doses."""
    return queries.outcomes(reading, patient_id, current_runtime().clock())


@routes.get(
    "/outcomes",
    scope=access.OUTCOMES_REPORT,
    query=cohort.CohortQuery(),
    gives=cohort.CohortView(),
)
def show_cohort(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """How the clinic's patients fared, in counts."""
    return _cohort(reading, query)


@routes.download(
    "/outcomes.csv",
    scope=access.OUTCOMES_REPORT,
    query=cohort.CohortQuery(),
    media_types=[CSV],
)
def export_cohort(reading: Reading, query: dict[str, Any]) -> Download:
    """The same as a table."""
    lines = _cohort(reading, query)["lines"]
    return _file("outcomes.csv", queries.cohort_csv(lines))


@routes.download(
    "/outcomes/answers.csv",
    scope=access.OUTCOMES_EXPORT,
    query=MonthsQuery(),
    media_types=[CSV],
)
def export_answers(reading: Reading, query: dict[str, Any]) -> Download:
    """What the patients of a cohort answered, under pseudonyms."""
    span, zone = _span(reading, query)
    content, patient_ids = queries.answers_csv(reading, span, zone)
    return _file("answers.csv", content, patient_ids)


@routes.put(
    "/outcomes/comparison",
    scope=access.OUTCOMES_REPORT,
    takes=cohort.ComparisonBody(),
    gives=cohort.ComparisonView(),
)
def compare_clinic(uow: UnitOfWork, body: dict[str, Any]) -> Clinic:
    """Have the clinic compared with others of the network, or not any more."""
    return handlers.compare_clinic(is_compared=body["is_compared"], uow=uow)


@routes.get(
    "/outcomes/network",
    scope=access.NETWORK_OUTCOMES,
    query=cohort.YearQuery(),
    gives=cohort.CohortView(),
)
def show_network_cohort(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """How patients of the clinics that are compared fared, in counts."""
    return _network(reading, query)


@routes.download(
    "/outcomes/network.csv",
    scope=access.NETWORK_OUTCOMES,
    query=cohort.YearQuery(),
    media_types=[CSV],
)
def export_network_cohort(reading: Reading, query: dict[str, Any]) -> Download:
    """The same as a table."""
    lines = _network(reading, query)["lines"]
    return _file("network-outcomes.csv", queries.cohort_csv(lines))


def _cohort(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    span, _ = _span(reading, query)
    lines = queries.clinic_cohort(reading, span, current_runtime().clock())
    is_compared = queries.clinic(reading)["is_compared"]
    return _view(span, lines) | {"is_compared": is_compared}


def _network(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """The year is that of UTC: clinics of several zones are counted by one clock."""
    now = current_runtime().clock()
    year = query["year"] or now.year
    span = queries.Span(
        begins_at=datetime(year, 1, 1, tzinfo=UTC),
        ends_at=datetime(year + 1, 1, 1, tzinfo=UTC),
    )
    return _view(span, queries.network_cohort(reading, span, now))


def _span(reading: Reading, query: dict[str, Any]) -> tuple[queries.Span, ZoneInfo]:
    """Whole months of the clinic's calendar, and its zone."""
    zone = ZoneInfo(queries.clinic(reading)["time_zone"])
    begins_at, ends_at = instants(query, zone, current_runtime().clock())
    route = query.get("route")
    return (
        queries.Span(
            begins_at=begins_at,
            ends_at=ends_at,
            route_class=route.value if route else None,
        ),
        zone,
    )


def _view(span: queries.Span, lines: list[Any]) -> dict[str, Any]:
    return {
        "begins_at": span.begins_at,
        "ends_at": span.ends_at,
        "route": span.route_class,
        "least": queries.LEAST,
        "lines": lines,
    }


def _file(name: str, content: str, patient_ids: Sequence[UUID] = ()) -> Download:
    return Download(
        patient_ids=patient_ids, name=name, media_type=CSV, content=content.encode()
    )
