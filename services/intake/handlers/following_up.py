"""After a course its patient is asked again, at its end and some months on.

Each time has its window; what counts as an answer in it is what outcomes count.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.intake.domain import Episode, window_at
from services.intake.handlers.assessing import held_episode
from services.intake.models import courses, measures, packs
from shared.instruments import OUTCOME_RULES
from shared.unit_of_work import UnitOfWork

FOLLOW_UP = "follow_up_if_due"


def plan_follow_up(episode: Episode, uow: UnitOfWork, *, asked: bool = False) -> None:
    """The course is over: the patient is asked in every window that is not over.

    Args:
        asked: whether the window that is open now was asked in.
    """
    last_dose_at = _last_dose_at(episode, uow)
    if last_dose_at is None or not episode.is_followed:
        return
    if not asked and window_at(last_dose_at, OUTCOME_RULES, uow.now):
        uow.remind(FOLLOW_UP, about=episode.id, at=uow.now)
    else:
        _plan_next(episode, last_dose_at, uow)


def follow_up_if_due(episode_id: UUID, uow: UnitOfWork) -> None:
    """A window has opened: the patient is asked, unless everything is answered.

    A dose that was told of meanwhile has moved the windows; then it is too early.
    """
    episode = held_episode(episode_id, uow)
    last_dose_at = _last_dose_at(episode, uow)
    if last_dose_at is None or not episode.is_followed:
        return
    window = window_at(last_dose_at, OUTCOME_RULES, uow.now)
    if window and _missing(episode, last_dose_at + window.opens_after, uow):
        until = last_dose_at + window.closes_after
        uow.publish(episode.follow_up(window.code, until=until), of=episode)
    _plan_next(episode, last_dose_at, uow)


def _plan_next(episode: Episode, last_dose_at: datetime, uow: UnitOfWork) -> None:
    openings = (last_dose_at + one.opens_after for one in OUTCOME_RULES.windows)
    if ahead := [at for at in openings if at > uow.now]:
        uow.remind(FOLLOW_UP, about=episode.id, at=min(ahead))


def _last_dose_at(episode: Episode, uow: UnitOfWork) -> datetime | None:
    query = select(courses.c.last_dose_at).where(
        courses.c.id == episode.id, courses.c.clinic_id == uow.clinic_id
    )
    found: datetime | None = uow.connection.execute(query).scalar()
    return found


def _missing(episode: Episode, since: datetime, uow: UnitOfWork) -> bool:
    """Whether one of the questionnaires of the screening was not answered since."""
    query = select(measures.c.instrument).where(
        measures.c.episode_id == episode.id,
        measures.c.clinic_id == uow.clinic_id,
        measures.c.recorded_at >= since,
    )
    answered = set(uow.connection.execute(query).scalars())
    return bool({*packs.of(uow).screening.instruments} - answered)
