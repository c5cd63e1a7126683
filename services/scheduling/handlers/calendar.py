"""Links to calendars, and what calendars of others say of when somebody is busy."""

import secrets
from collections.abc import Iterable
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select

from services.scheduling.commands import MakeCalendarLink, SetBusy
from services.scheduling.domain import (
    HORIZON,
    BusyElsewhereError,
    BusyFeed,
    CalendarLink,
    Claim,
    Clinic,
    Horizon,
    Resource,
    busy_times,
    digest_of,
)
from services.scheduling.models.calendar import busy_feeds
from services.scheduling.models.calendar import busy_times as table
from shared.errors import InvalidError, NotFoundError
from shared.ids import uuid7
from shared.outward.addresses import endpoint_of
from shared.unit_of_work import UnitOfWork

CODE_BYTES = 24


def make_link(command: MakeCalendarLink, uow: UnitOfWork) -> tuple[CalendarLink, str]:
    """A link to a calendar, and its code, which nobody can read again."""
    resource = uow.get(Resource, command.resource_id)
    secret = secrets.token_urlsafe(CODE_BYTES)
    link = CalendarLink(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        resource_id=resource.id,
        digest=digest_of(secret),
        label=command.label,
        shows_room=command.shows_room,
        made_by=uow.actor_id,
        made_at=uow.now,
    )
    uow.touch(record=("calendar_link", link.id))
    return uow.add(link), f"{link.id}.{secret}"


def end_link(link_id: UUID, uow: UnitOfWork) -> CalendarLink:
    """A link opens nothing any more.

    Raises:
        CalendarLinkEndedError: it has ended before.
    """
    link = uow.get(CalendarLink, link_id)
    link.end(at=uow.now)
    return link


def set_busy(command: SetBusy, uow: UnitOfWork) -> BusyFeed:
    """Take a resource's busy times from a calendar, or from a URL from now on.

    What was taken from another calendar before does not count any more.

    Raises:
        InvalidError: neither or both are given, or the calendar cannot be read.
        UrlRefusedError: nothing is fetched from this URL.
    """
    resource = uow.get(Resource, command.resource_id)
    if (command.calendar is None) is (command.url is None):
        raise InvalidError("give either a calendar or a url", field="calendar")
    url = command.url and command.url.replace("webcal://", "https://", 1)
    if url:
        endpoint_of(url, listed=command.listed_hosts)
    feed = _feed_of(resource.id, uow)
    if feed is None:
        feed = uow.add(
            BusyFeed(
                id=uuid7(),
                clinic_id=uow.clinic_id,
                resource_id=resource.id,
                url=url,
                next_at=None,
            )
        )
    feed.version += 1
    feed.url, feed.next_at = url, uow.now if url else None
    uow.touch(record=("busy_feed", feed.id))
    if command.calendar is not None:
        take(feed, command.calendar, uow)
    else:
        uow.connection.execute(delete(table).where(table.c.feed_id == feed.id))
    return feed


def end_busy(resource_id: UUID, uow: UnitOfWork) -> BusyFeed:
    """No calendar of others counts for a resource any more.

    Raises:
        NotFoundError: none did.
    """
    feed = _feed_of(resource_id, uow)
    if feed is None:
        raise NotFoundError("no calendar is read for it")
    uow.connection.execute(delete(table).where(table.c.feed_id == feed.id))
    uow.db.delete(feed)
    return feed


def take(feed: BusyFeed, calendar: str, uow: UnitOfWork) -> None:
    """Replace what a feed said by what it says now.

    Raises:
        CalendarUnreadableError, RuleNotFollowedError: it cannot be read, and what was
            read before still counts.
    """
    zone = ZoneInfo(uow.get(Clinic, uow.clinic_id).time_zone)
    horizon = Horizon(begins_at=uow.now, ends_at=uow.now + HORIZON, zone=zone)
    spans = busy_times(calendar, horizon)
    uow.flush()
    uow.connection.execute(delete(table).where(table.c.feed_id == feed.id))
    rows = [
        {
            "id": uuid7(),
            "clinic_id": feed.clinic_id,
            "feed_id": feed.id,
            "resource_id": feed.resource_id,
            "starts_at": span.starts_at,
            "ends_at": span.ends_at,
        }
        for span in spans
    ]
    if rows:
        uow.connection.execute(insert(table), rows)
    feed.note_read(at=uow.now)


def demand_free(claims: Iterable[Claim], uow: UnitOfWork) -> None:
    """Refuse a time at which somebody is busy elsewhere.

    Raises:
        BusyElsewhereError: `resource_id` says who.
    """
    held = list(claims)
    begins_at = min(claim.starts_at for claim in held)
    ends_at = max(claim.ends_at for claim in held)
    rows = uow.connection.execute(
        select(table.c.resource_id, table.c.starts_at, table.c.ends_at).where(
            table.c.clinic_id == uow.clinic_id,
            table.c.resource_id.in_([claim.resource_id for claim in held]),
            table.c.starts_at < ends_at,
            table.c.ends_at > begins_at,
        )
    ).all()
    for claim in held:
        for who, starts_at, until in rows:
            is_same = who == claim.resource_id
            if is_same and starts_at < claim.ends_at and until > claim.starts_at:
                raise BusyElsewhereError(details={"resource_id": str(who)})


def _feed_of(resource_id: UUID, uow: UnitOfWork) -> BusyFeed | None:
    query = select(BusyFeed).where(busy_feeds.c.resource_id == resource_id)
    return next(iter(uow.all(query)), None)
