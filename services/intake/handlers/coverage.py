"""Who pays for an episode: confirmed, checked, used up, at its end."""

from uuid import UUID

from sqlalchemy import select

from services.intake.commands import ConfirmCoverage
from services.intake.domain import (
    CheckOutcome,
    CoverageEnd,
    Episode,
    EpisodeCoverage,
)
from services.intake.handlers.assessing import held_episode, hold
from services.intake.models import episode_coverages, episodes
from shared.events.sessions import DoseAdministered
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork

EXPIRE_COVERAGE = "expire_coverage"


def confirm_coverage(command: ConfirmCoverage, uow: UnitOfWork) -> EpisodeCoverage:
    """Somebody will pay for an episode; what paid before is replaced.

    Raises:
        WrongStateError: the episode is at its end.
        InvalidError: something that its kind needs is missing.
    """
    episode = held_episode(command.episode_id, uow)
    episode.demand_open()
    for earlier in _open_ones(episode.id, uow):
        uow.forget(EXPIRE_COVERAGE, about=earlier.id)
        earlier.close(CoverageEnd.REPLACED, at=uow.now)
    coverage = EpisodeCoverage(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=episode.patient_id,
        episode_id=episode.id,
        payer=command.payer,
        insurer=command.insurer,
        member_number=command.member_number,
        authorisation_number=command.authorisation_number,
        units_granted=command.units_granted,
        valid_until=command.valid_until,
        agreement_signed=command.agreement_signed,
        confirmed_by=uow.actor_id,
        confirmed_at=uow.now,
    )
    uow.publish(coverage.confirm(), of=coverage)
    if coverage.valid_until is not None:
        uow.remind(EXPIRE_COVERAGE, about=coverage.id, at=coverage.valid_until)
    return uow.add(coverage)


def note_check(
    coverage_id: UUID, outcome: CheckOutcome, uow: UnitOfWork
) -> EpisodeCoverage:
    """An insurer was asked whether it pays.

    Raises:
        CoverageOverError: it has come to its end.
    """
    coverage = _held(coverage_id, uow)
    coverage.note_check(outcome, at=uow.now)
    uow.touch(record=("coverage", coverage.id), patients=[coverage.patient_id])
    return coverage


def end_coverage(coverage_id: UUID, uow: UnitOfWork) -> EpisodeCoverage:
    """It pays for nothing more.

    Raises:
        CoverageOverError: it came to its end before.
    """
    coverage = _held(coverage_id, uow)
    _end(coverage, CoverageEnd.ENDED, uow)
    return coverage


def expire_coverage(coverage_id: UUID, uow: UnitOfWork) -> None:
    """The time of a coverage has come; told while the episode goes on."""
    coverage = _held(coverage_id, uow)
    until = coverage.valid_until
    if coverage.ended_at is not None or until is None or uow.now < until:
        return
    if uow.get(Episode, coverage.episode_id).ended_at is None:
        _end(coverage, CoverageEnd.EXPIRED, uow)
    else:
        coverage.close(CoverageEnd.EXPIRED, at=uow.now)


def use_unit(event: DoseAdministered, uow: UnitOfWork) -> None:
    """A dose was given: the session uses up a unit of what pays, once."""
    query = select(episodes.c.id).where(
        episodes.c.patient_id == event.patient_id,
        episodes.c.clinic_id == uow.clinic_id,
    )
    for episode_id in sorted(uow.connection.execute(query).scalars()):
        hold(episode_id, uow)
        for coverage in _open_ones(episode_id, uow):
            for news in coverage.use(event.session_id, at=uow.now):
                uow.forget(EXPIRE_COVERAGE, about=coverage.id)
                uow.publish(news, of=coverage)


def _held(coverage_id: UUID, uow: UnitOfWork) -> EpisodeCoverage:
    """A coverage of this clinic; nobody changes another of its episode meanwhile.

    Raises:
        NotFoundError: there is none.
    """
    query = select(episode_coverages.c.episode_id).where(
        episode_coverages.c.id == coverage_id,
        episode_coverages.c.clinic_id == uow.clinic_id,
    )
    if (episode_id := uow.connection.execute(query).scalar()) is not None:
        hold(episode_id, uow)
    return uow.get(EpisodeCoverage, coverage_id)


def _open_ones(episode_id: UUID, uow: UnitOfWork) -> list[EpisodeCoverage]:
    return uow.all(
        select(EpisodeCoverage).where(
            episode_coverages.c.episode_id == episode_id,
            episode_coverages.c.ended_at.is_(None),
        )
    )


def _end(coverage: EpisodeCoverage, cause: CoverageEnd, uow: UnitOfWork) -> None:
    event = coverage.end(cause, at=uow.now)
    uow.forget(EXPIRE_COVERAGE, about=coverage.id)
    uow.publish(event, of=coverage)
