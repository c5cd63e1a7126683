"""The JSON of appointments: booked, moved, called off, and shown."""

from marshmallow import fields, validate

from services.scheduling.domain import (
    AppointmentMode,
    AppointmentStatus,
    AppointmentType,
    IntegrationStatus,
)
from shared.http import Body, Query, View
from shared.http.schemas import CodeField, Day, Instant, TextField, Truth
from shared.rulepack import Route

MOST_DAYS = 7
"""That are shown at once."""


class HoldBody(Body):
    """Who, what, when, where and with whom; a dose may say by which route."""

    patient_id = fields.UUID(required=True)
    type = fields.Enum(AppointmentType, by_value=True, required=True)
    mode = fields.Enum(
        AppointmentMode, by_value=True, load_default=AppointmentMode.IN_PERSON
    )
    route = fields.Enum(Route, by_value=True, load_default=None, allow_none=True)
    starts_at = Instant(required=True)
    ends_at = Instant(load_default=None, allow_none=True)
    room_id = fields.UUID(load_default=None, allow_none=True)
    device_id = fields.UUID(load_default=None, allow_none=True)
    therapist_id = fields.UUID(load_default=None, allow_none=True)
    monitor_id = fields.UUID(load_default=None, allow_none=True)
    prescriber_id = fields.UUID(load_default=None, allow_none=True)
    integration_id = fields.UUID(load_default=None, allow_none=True)


class BookAppointmentBody(HoldBody):
    """The same; a dose may be `provisional`: the patient is not ready yet."""

    provisional = Truth(load_default=False)


class OverbookBody(BookAppointmentBody):
    """The same, though something is taken or somebody is not there, and why."""

    overbook_reason = TextField(required=True, longest=500)


class MoveBody(Body):
    """Another time for an appointment; what is not named stays."""

    starts_at = Instant(required=True)
    ends_at = Instant(load_default=None, allow_none=True)
    room_id = fields.UUID(load_default=None, allow_none=True)
    device_id = fields.UUID(load_default=None, allow_none=True)
    therapist_id = fields.UUID(load_default=None, allow_none=True)
    monitor_id = fields.UUID(load_default=None, allow_none=True)
    prescriber_id = fields.UUID(load_default=None, allow_none=True)


class OverbookMoveBody(MoveBody):
    """The same, though something is taken or somebody is not there, and why."""

    overbook_reason = TextField(required=True, longest=500)


class OverbookingView(View):
    """Who overruled that an appointment does not fit, when, and why."""

    appointment_id = fields.UUID()
    patient_id = fields.UUID()
    overbooked_by = fields.UUID()
    overbooked_at = Instant()
    reason = fields.String(allow_none=True)


class CancelBody(Body):
    """Who calls it off, and why."""

    by = fields.String(required=True, validate=validate.OneOf(["patient", "clinic"]))
    reason_code = CodeField(required=True)


class HeldView(View):
    """A resource an appointment holds, and until when: it may be after its end."""

    resource_id = fields.UUID()
    kind = fields.String()
    name = fields.String(allow_none=True)
    ends_at = Instant()


class AppointmentView(View):
    """An appointment."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    type = fields.Enum(AppointmentType, by_value=True)
    mode = fields.Enum(AppointmentMode, by_value=True)
    route = fields.Enum(Route, by_value=True, allow_none=True)
    starts_at = Instant()
    ends_at = Instant()
    status = fields.Enum(AppointmentStatus, by_value=True)
    escort_confirmed = fields.Boolean()
    integration_id = fields.UUID(allow_none=True)
    replaces = fields.UUID(allow_none=True)
    waitlist_entry_id = fields.UUID(allow_none=True)
    expires_at = Instant(allow_none=True)
    missing = fields.List(fields.String())
    owner_role = fields.String(allow_none=True)
    cutoff_at = Instant(allow_none=True)
    fasting_told = fields.Boolean()
    confirmed_at = Instant(allow_none=True)
    arrived_at = Instant(allow_none=True)
    roomed_at = Instant(allow_none=True)
    has_concerns = fields.Boolean(allow_none=True)
    overbooked = fields.Boolean()
    resources = fields.List(fields.Nested(HeldView))


class AppointmentsView(View):
    """Appointments."""

    items = fields.List(fields.Nested(AppointmentView))


class DayAppointmentView(AppointmentView):
    """An appointment of a day; `no_show_suggested` once its patient is long overdue."""

    no_show_suggested = fields.Boolean()


class DayQuery(Query):
    """Which day, by the clinic's clock, today if none is named; or days from it on."""

    date = Day(load_default=None, allow_none=True)
    days = fields.Integer(load_default=1, validate=validate.Range(min=1, max=MOST_DAYS))


class DayView(View):
    """A clinic's day, or several; `date` is the first."""

    date = fields.Date()
    time_zone = fields.String()
    clinic_name = fields.String()
    begins_at = Instant()
    ends_at = Instant()
    appointments = fields.List(fields.Nested(DayAppointmentView))


class IntegrationView(View):
    """An integration that wants an appointment."""

    id = fields.UUID()
    patient_id = fields.UUID()
    session_id = fields.UUID()
    due_at = Instant()
    late_at = Instant()
    status = fields.Enum(IntegrationStatus, by_value=True)


class IntegrationsView(View):
    """Integrations that want an appointment."""

    items = fields.List(fields.Nested(IntegrationView))


class OverlapView(View):
    """Two claims on one resource at one time."""

    id = fields.UUID()
    resource_id = fields.UUID()


class OverlapsView(View):
    """Claims that overlap and are not overbooked; always empty."""

    items = fields.List(fields.Nested(OverlapView))
