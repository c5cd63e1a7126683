"""Routes of who pays for an episode of care."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.commands import ConfirmCoverage
from services.intake.domain import EpisodeCoverage
from services.intake.schemas import coverage
from shared import access
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.get(
    "/episodes/<uuid:episode_id>/coverages",
    scope=access.COVERAGE,
    gives=coverage.EpisodeCoveragesView(),
)
def list_coverages(reading: Reading, episode_id: UUID) -> dict[str, Any]:
    """Who pays and paid for an episode, newest first."""
    return {"items": queries.coverages_of(reading, episode_id)}


@routes.post(
    "/episodes/<uuid:episode_id>/coverages",
    scope=access.COVERAGE,
    takes=coverage.EpisodeCoverageBody(),
    gives=coverage.EpisodeCoverageView(),
    status=201,
)
def confirm_coverage(
    uow: UnitOfWork, body: dict[str, Any], episode_id: UUID
) -> EpisodeCoverage:
    """Somebody will pay; what paid before is replaced."""
    command = ConfirmCoverage(episode_id=episode_id, **body)
    return handlers.confirm_coverage(command, uow)


@routes.post(
    "/coverages/<uuid:coverage_id>/check",
    scope=access.COVERAGE,
    takes=coverage.CheckBody(),
    gives=coverage.EpisodeCoverageView(),
)
def note_coverage_check(
    uow: UnitOfWork, body: dict[str, Any], coverage_id: UUID
) -> EpisodeCoverage:
    """An insurer was asked whether it pays."""
    return handlers.note_check(coverage_id, body["outcome"], uow)


@routes.post(
    "/coverages/<uuid:coverage_id>/end",
    scope=access.COVERAGE,
    gives=coverage.EpisodeCoverageView(),
)
def end_coverage(uow: UnitOfWork, coverage_id: UUID) -> EpisodeCoverage:
    """It pays for nothing more."""
    return handlers.end_coverage(coverage_id, uow)
