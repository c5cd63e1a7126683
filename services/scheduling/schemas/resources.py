"""The JSON of what can be booked: rooms, devices and staff."""

from marshmallow import fields, validate

from services.scheduling.domain import A_DAYS_MINUTES, MOST_SHIFTS, ResourceKind
from shared.http import Body, Query, View
from shared.http.schemas import CodeField, Day, Instant, TextField, Whole


class ChangeResourceBody(Body):
    """What it is called, and who signs in under that name."""

    name = TextField(required=True, longest=120)
    person_id = fields.UUID(load_default=None, allow_none=True)


class AddResourceBody(ChangeResourceBody):
    """A room, a device or a member of staff."""

    kind = fields.Enum(ResourceKind, by_value=True, required=True)


class ResourcesQuery(Query):
    """Whether what is retired is listed as well."""

    retired = fields.Boolean(load_default=False)


class ShiftBody(Body):
    """A stretch of work: from a local time on, on the days of an RFC 5545 rule.

    The rule may have FREQ (DAILY, WEEKLY, MONTHLY), INTERVAL, BYDAY and UNTIL (a day)
    or COUNT, and is counted from the first day.
    """

    rrule = fields.String(required=True)
    first_day = Day(required=True)
    starts = fields.Time(required=True, format="%H:%M")
    minutes = Whole(required=True, validate=validate.Range(min=1, max=A_DAYS_MINUTES))


class RosterBody(Body):
    """When it works; null is whenever the clinic is open, no shift is never."""

    shifts = fields.List(
        fields.Nested(ShiftBody),
        required=True,
        allow_none=True,
        validate=validate.Length(max=MOST_SHIFTS),
    )


class AbsenceBody(Body):
    """When somebody cannot be had: between instants or on whole days, and why.

    With a rule, as a shift has, it comes again.
    """

    begins_at = Instant(load_default=None, allow_none=True)
    ends_at = Instant(load_default=None, allow_none=True)
    first_day = Day(load_default=None, allow_none=True)
    last_day = Day(load_default=None, allow_none=True)
    rrule = fields.String(load_default=None, allow_none=True)
    reason_code = CodeField(required=True)


class LicenceBody(Body):
    """A licence, and the last day it is good for."""

    code = CodeField(required=True)
    number = TextField(required=True, longest=60)
    valid_until = Day(required=True)


class LicenceView(View):
    """A licence somebody holds."""

    id = fields.UUID()
    code = fields.String()
    valid_until = fields.Date()
    expires_soon = fields.Boolean()
    is_over = fields.Boolean()


class NumberedLicenceView(LicenceView):
    """A licence with its number."""

    number = fields.String()


class ResourceView(View):
    """What can be booked."""

    id = fields.UUID()
    version = fields.Integer()
    kind = fields.Enum(ResourceKind, by_value=True)
    name = fields.String()
    person_id = fields.UUID(allow_none=True)
    retired_at = Instant(allow_none=True)


class ListedResourceView(ResourceView):
    """What can be booked, with the licences it holds."""

    licences = fields.List(fields.Nested(LicenceView))


class ResourcesView(View):
    """What can be booked."""

    items = fields.List(fields.Nested(ListedResourceView))


class ShiftView(View):
    """A stretch of work that comes again; `last_day` is the last on which it may."""

    rrule = fields.String()
    first_day = fields.String()
    starts = fields.String()
    minutes = fields.Integer()
    last_day = fields.String(allow_none=True)


class RosterView(ResourceView):
    """When it works; null is whenever the clinic is open."""

    shifts = fields.List(fields.Nested(ShiftView), attribute="roster", allow_none=True)


class AbsenceView(View):
    """When somebody cannot be had: the first time, the rule, when it is over."""

    id = fields.UUID()
    begins_at = Instant()
    ends_at = Instant()
    rrule = fields.String(allow_none=True)
    over_at = Instant(allow_none=True)
    reason_code = fields.String()


class WholeResourceView(RosterView):
    """All that is known of what can be booked."""

    licences = fields.List(fields.Nested(NumberedLicenceView))
    absences = fields.List(fields.Nested(AbsenceView))
