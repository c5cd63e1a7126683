"""Calendars as JSON: links to ours, and what is read from those of others."""

from marshmallow import fields, validate

from services.scheduling.domain.calendar_reading import MOST_BYTES
from shared.http import Body, View
from shared.http.schemas import Instant, TextField, Truth
from shared.outward.addresses import LONGEST_URL


class CalendarLinkBody(Body):
    """For whom or what a link is made, and whether it tells the room."""

    label = TextField(required=True, longest=120)
    shows_room = Truth(load_default=False)


class CalendarLinkView(View):
    """A link to the calendar of a room or a member of staff."""

    id = fields.UUID()
    version = fields.Integer()
    resource_id = fields.UUID()
    label = fields.String()
    shows_room = fields.Boolean()
    made_by = fields.UUID()
    made_at = Instant()
    ended_at = Instant(allow_none=True)


class NewCalendarLinkView(CalendarLinkView):
    """A link; its path is told this once."""

    path = fields.String()


class CalendarLinksView(View):
    """Links to calendars."""

    items = fields.List(fields.Nested(CalendarLinkView))


class BusyBody(Body):
    """A calendar as a text, or the URL it is fetched from: one of both."""

    calendar = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=MOST_BYTES),
    )
    url = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=LONGEST_URL),
    )


class BusyView(View):
    """A calendar that is read for a resource; its URL is not told again.

    `problem` is the code of why it could not be read last time.
    """

    id = fields.UUID()
    version = fields.Integer()
    resource_id = fields.UUID()
    is_fetched = fields.Boolean()
    read_at = Instant(allow_none=True)
    problem = fields.String(allow_none=True)
    times = fields.Integer()


class BusyFeedsView(View):
    """Calendars that are read."""

    items = fields.List(fields.Nested(BusyView))
