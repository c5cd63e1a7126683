"""The waitlist as JSON."""

from datetime import time

from marshmallow import fields, validate

from services.scheduling.domain import AppointmentMode, AppointmentType, EntryStatus
from shared.http import Body, View
from shared.http.schemas import Day, Instant, Whole
from shared.rulepack import Route

MOST_NOTICE_HOURS = 14 * 24
CLOCK = "%H:%M"


class JoinWaitlistBody(Body):
    """For whom, for what, and when it would suit, by the clinic's clock.

    `weekdays` are 0 for Monday to 6, all if none is named. `notice_hours` is how long
    before it the patient must know.
    """

    patient_id = fields.UUID(required=True)
    type = fields.Enum(AppointmentType, by_value=True, required=True)
    route = fields.Enum(Route, by_value=True, load_default=None, allow_none=True)
    weekdays = fields.List(
        fields.Integer(validate=validate.Range(min=0, max=6), strict=True),
        load_default=list,
        validate=validate.Length(max=7),
    )
    opens = fields.Time(load_default=time(0), format=CLOCK)
    closes = fields.Time(load_default=time(23, 59), format=CLOCK)
    earliest_day = Day(load_default=None, allow_none=True)
    notice_hours = Whole(
        load_default=0, validate=validate.Range(min=0, max=MOST_NOTICE_HOURS)
    )


class OfferView(View):
    """A time that is held for somebody who waits, and until when."""

    appointment_id = fields.UUID()
    starts_at = Instant()
    ends_at = Instant()
    expires_at = Instant()


class OwnOfferView(View):
    """A time that is held for the patient who asks, and until when."""

    id = fields.UUID()
    type = fields.Enum(AppointmentType, by_value=True)
    mode = fields.Enum(AppointmentMode, by_value=True)
    starts_at = Instant()
    ends_at = Instant()
    expires_at = Instant()


class OwnOffersView(View):
    """What is held for the patient who asks, the first to end first."""

    items = fields.List(fields.Nested(OwnOfferView))


class WaitlistEntryView(View):
    """Somebody who waits, and what would suit."""

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    type = fields.Enum(AppointmentType, by_value=True)
    route = fields.Enum(Route, by_value=True, allow_none=True)
    weekdays = fields.List(fields.Integer())
    opens = fields.Time(format=CLOCK)
    closes = fields.Time(format=CLOCK)
    earliest_day = fields.Date()
    notice_hours = fields.Integer()
    since = Instant()
    status = fields.Enum(EntryStatus, by_value=True)
    offer_id = fields.UUID(allow_none=True)


class WaitingView(WaitlistEntryView):
    """Somebody who waits, and what is offered."""

    offer = fields.Nested(OfferView, allow_none=True)


class WaitlistView(View):
    """The waitlist, whose turn it is first."""

    items = fields.List(fields.Nested(WaitingView))
