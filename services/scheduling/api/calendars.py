"""Routes of calendars: links to ours, and what is read from those of others."""

from typing import Any
from uuid import UUID

from services.scheduling.api.base import routes
from services.scheduling.commands import MakeCalendarLink, SetBusy
from services.scheduling.domain import BusyFeed, CalendarLink, mark_of, written
from services.scheduling.domain.calendar_reading import MOST_BYTES
from services.scheduling.handlers import calendar
from services.scheduling.queries import calendars as queries
from services.scheduling.queries.clinics import zone_of
from services.scheduling.schemas import calendars as schemas
from shared import access
from shared.http.downloads import MEBIBYTE, Feed
from shared.http.routes import current_runtime
from shared.reading import Reading, Row
from shared.unit_of_work import UnitOfWork

MEDIA_TYPE = "text/calendar"


@routes.post(
    "/resources/<uuid:resource_id>/calendar-links",
    scope=access.CALENDARS_MANAGE,
    takes=schemas.CalendarLinkBody(),
    gives=schemas.NewCalendarLinkView(),
    status=201,
)
def make_calendar_link(
    uow: UnitOfWork, body: dict[str, Any], resource_id: UUID
) -> dict[str, Any]:
    """Make a link by which programs fetch a calendar; its path is told this once."""
    command = MakeCalendarLink(resource_id=resource_id, **body)
    link, code = calendar.make_link(command, uow)
    own = {name: getattr(link, name) for name in schemas.CalendarLinkView().fields}
    return {
        **own,
        "path": f"/scheduling/v1/clinics/{uow.clinic_id}/calendars/{code}.ics",
    }


@routes.get(
    "/calendar-links",
    scope=access.CALENDARS_MANAGE,
    gives=schemas.CalendarLinksView(),
)
def list_calendar_links(reading: Reading) -> dict[str, Any]:
    """Links to calendars that have not ended, newest first."""
    return {"items": queries.links(reading)}


@routes.delete(
    "/calendar-links/<uuid:link_id>",
    scope=access.CALENDARS_MANAGE,
    gives=schemas.CalendarLinkView(),
)
def end_calendar_link(uow: UnitOfWork, link_id: UUID) -> CalendarLink:
    """Have a link to a calendar open nothing any more."""
    return calendar.end_link(link_id, uow)


@routes.download(
    "/calendars/<code>.ics", scope=access.CALENDAR_OPEN, media_types=[MEDIA_TYPE]
)
def open_calendar(reading: Reading, code: str) -> Feed:
    """The calendar a link opens, as iCalendar; its code is the proof."""
    now = current_runtime().clock()
    told = queries.entries(reading, code, now)
    zone = zone_of(reading)
    return Feed(
        media_type=MEDIA_TYPE,
        write=lambda: written(told, zone, now),
        mark=mark_of(told),
    )


@routes.put(
    "/resources/<uuid:resource_id>/busy",
    scope=access.CALENDARS_MANAGE,
    takes=schemas.BusyBody(),
    gives=schemas.BusyView(),
    most_bytes=2 * MOST_BYTES + MEBIBYTE,
)
def set_busy(uow: UnitOfWork, body: dict[str, Any], resource_id: UUID) -> Row:
    """Take busy times from a calendar, or from a URL from now on."""
    listed = current_runtime().settings.webhook_hosts
    command = SetBusy(resource_id=resource_id, listed_hosts=listed, **body)
    calendar.set_busy(command, uow)
    uow.flush()
    return queries.busy(Reading(uow.connection, uow.context), resource_id)


@routes.get("/busy-feeds", scope=access.CALENDARS_MANAGE, gives=schemas.BusyFeedsView())
def list_busy_feeds(reading: Reading) -> dict[str, Any]:
    """The calendars of others that are read for the clinic's resources."""
    return {"items": queries.busy_all(reading)}


@routes.delete(
    "/resources/<uuid:resource_id>/busy",
    scope=access.CALENDARS_MANAGE,
    gives=schemas.BusyView(),
)
def end_busy(uow: UnitOfWork, resource_id: UUID) -> BusyFeed:
    """No calendar of others counts any more for a resource."""
    return calendar.end_busy(resource_id, uow)
