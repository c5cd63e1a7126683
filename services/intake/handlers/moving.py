"""An episode pauses, goes on, or comes to its end."""

from datetime import timedelta
from uuid import UUID

from services.intake.commands import (
    BeginMaintenance,
    EndEpisode,
    PauseEpisode,
)
from services.intake.domain import REMINDED_AFTER, Episode
from services.intake.handlers.assessing import held_episode
from services.intake.handlers.deciding import LAPSE
from services.intake.handlers.following_up import FOLLOW_UP, plan_follow_up
from shared.errors import InvalidError
from shared.unit_of_work import UnitOfWork

REVIEW = "review_if_due"
REMIND_FORMS = "remind_forms"
A_DAY = timedelta(days=1)
LONGEST_MAINTENANCE = timedelta(days=366)
"""A yes is looked at again within a year. Source: project default."""


def pause_episode(command: PauseEpisode, uow: UnitOfWork) -> Episode:
    """No dose until the episode goes on.

    Raises:
        WrongStateError: it is at its end.
        AlreadyPausedError: it pauses already.
    """
    episode = held_episode(command.episode_id, uow)
    uow.publish(episode.pause(command.reason_code, at=uow.now), of=episode)
    return episode


def resume_episode(episode_id: UUID, uow: UnitOfWork) -> Episode:
    """A pause is over.

    Raises:
        NotPausedError: there was none.
    """
    episode = held_episode(episode_id, uow)
    uow.publish(episode.resume(), of=episode)
    return episode


def begin_maintenance(command: BeginMaintenance, uow: UnitOfWork) -> Episode:
    """The course is over and single doses follow, until a prescriber looks again.

    Raises:
        WrongStateError: treatment has not begun.
        InvalidError: the date is past, or too far off.
    """
    if not uow.now < command.review_due_at <= uow.now + LONGEST_MAINTENANCE:
        raise InvalidError("must be within a year from now", field="review_due_at")
    episode = held_episode(command.episode_id, uow)
    was_followed = episode.is_followed
    event = episode.maintain(review_due_at=command.review_due_at, at=uow.now)
    uow.remind(REVIEW, about=episode.id, at=command.review_due_at)
    if not was_followed:
        plan_follow_up(episode, uow)
    uow.publish(event, of=episode)
    return episode


def review_if_due(episode_id: UUID, uow: UnitOfWork) -> None:
    """The date has come at which a prescriber looks at a maintained patient again."""
    episode = held_episode(episode_id, uow)
    for event in episode.review_maintenance(at=uow.now):
        uow.publish(event, of=episode)


def remind_forms(episode_id: UUID, uow: UnitOfWork) -> None:
    """A day for reminders has come: the patient is reminded of forms still missing.

    After a time when nothing ran, one reminder goes out and the next in its turn.
    """
    episode = held_episode(episode_id, uow)
    for event in episode.remind():
        uow.publish(event, of=episode)
    if episode.is_beginning and episode.reminders < len(REMINDED_AFTER):
        at = episode.opened_at + REMINDED_AFTER[episode.reminders]
        uow.remind(REMIND_FORMS, about=episode.id, at=max(at, uow.now + A_DAY))


def end_episode(command: EndEpisode, uow: UnitOfWork) -> Episode:
    """The episode comes to its end; no dose rests on it any more.

    Raises:
        WrongStateError: it is at its end, or completed before treatment began.
    """
    episode = held_episode(command.episode_id, uow)
    was_followed = episode.is_followed
    event = episode.end(command.outcome, command.reason_code, at=uow.now)
    forget_timers(episode, uow)
    plan_follow_up(episode, uow, asked=was_followed)
    uow.publish(event, of=episode)
    return episode


def forget_timers(episode: Episode, uow: UnitOfWork) -> None:
    """Nothing is due any more for an episode that is over."""
    for name in (LAPSE, REVIEW, REMIND_FORMS, FOLLOW_UP):
        uow.forget(name, about=episode.id)
