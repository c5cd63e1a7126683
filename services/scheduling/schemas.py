"""The JSON scheduling takes and gives."""

from datetime import time

from marshmallow import fields, validate

from services.scheduling.domain import (
    WEEKDAYS,
    AppointmentStatus,
    AppointmentType,
    IntegrationStatus,
    ResourceKind,
)
from shared.http import Body, Query, View
from shared.http.schemas import CodeField, Day, Instant, TextField, Truth, Whole
from shared.readiness import Gate

MOST_DAYS = 90
MOST_WINDOWS = 6
LOCAL_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class OnboardClinicBody(Body):
    """A clinic to be."""

    name = TextField(required=True, longest=120)
    time_zone = TextField(required=True, longest=64)
    alert_response_seconds = Whole(
        load_default=None, allow_none=True, validate=validate.Range(min=1, max=3600)
    )


class ClinicView(View):
    """A clinic."""

    id = fields.UUID()
    version = fields.Integer()
    name = fields.String()
    time_zone = fields.String()
    alert_response_seconds = fields.Integer()


class ClinicsView(View):
    """Clinics."""

    items = fields.List(fields.Nested(ClinicView))


class AddResourceBody(Body):
    """A room or a member of staff."""

    kind = fields.Enum(ResourceKind, by_value=True, required=True)
    name = TextField(required=True, longest=120)


class HoursBody(Body):
    """When a clinic is open, by weekday: `{"mon": [["08:00", "18:00"]]}`.

    A weekday that is not named is closed; null is open always. An end at 00:00 is that
    of the day.
    """

    weekly = fields.Dict(
        keys=fields.String(validate=validate.OneOf(WEEKDAYS)),
        values=fields.List(
            fields.List(
                fields.String(validate=validate.Regexp(LOCAL_TIME)),
                validate=validate.Length(equal=2),
            ),
            validate=validate.Length(max=MOST_WINDOWS),
        ),
        required=True,
        allow_none=True,
    )


class ClosureBody(Body):
    """Days on which a clinic is closed, the last one included, and why."""

    first_day = Day(required=True)
    last_day = Day(required=True)
    reason_code = CodeField(required=True)


class ClosureView(View):
    """Days on which a clinic is closed."""

    id = fields.UUID()
    version = fields.Integer()
    first_day = fields.Date()
    last_day = fields.Date()
    reason_code = fields.String()


class HoursView(View):
    """When a clinic is open, and when it is closed all the same."""

    version = fields.Integer()
    weekly = fields.Dict(allow_none=True)
    closures = fields.List(fields.Nested(ClosureView))


class OpenAtView(View):
    """When a clinic is open from now on."""

    id = fields.UUID()
    version = fields.Integer()
    weekly = fields.Dict(attribute="hours", allow_none=True)


class ResourceView(View):
    """What can be booked."""

    id = fields.UUID()
    version = fields.Integer()
    kind = fields.Enum(ResourceKind, by_value=True)
    name = fields.String()


class ResourcesView(View):
    """What can be booked."""

    items = fields.List(fields.Nested(ResourceView))


class BookAppointmentBody(Body):
    """Who, what, when, where and with whom."""

    patient_id = fields.UUID(required=True)
    type = fields.Enum(AppointmentType, by_value=True, required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(load_default=None, allow_none=True)
    room_id = fields.UUID(required=True)
    therapist_id = fields.UUID(required=True)
    monitor_id = fields.UUID(load_default=None, allow_none=True)
    integration_id = fields.UUID(load_default=None, allow_none=True)


class MoveBody(Body):
    """Another time for an appointment; what is not named stays."""

    starts_at = Instant(required=True)
    ends_at = Instant(load_default=None, allow_none=True)
    room_id = fields.UUID(load_default=None, allow_none=True)
    therapist_id = fields.UUID(load_default=None, allow_none=True)
    monitor_id = fields.UUID(load_default=None, allow_none=True)


class FreeTimesQuery(Query):
    """What is looked for: for whom, from when, for how many days, between which hours.

    Hours are local, and an appointment ends within them; `weekdays` are 0 for Monday to
    6. Without `from` it is now; a resource that is named must be free, others may be
    any of their kind.
    """

    patient_id = fields.UUID(required=True)
    type = fields.Enum(AppointmentType, by_value=True, required=True)
    from_ = Instant(data_key="from", load_default=None, allow_none=True)
    days = fields.Integer(
        load_default=MOST_DAYS, validate=validate.Range(min=1, max=MOST_DAYS)
    )
    opens = fields.Time(load_default=time(8), format="%H:%M")
    closes = fields.Time(load_default=time(18), format="%H:%M")
    weekdays = fields.List(
        fields.Integer(validate=validate.Range(min=0, max=6)), load_default=list
    )
    room_id = fields.UUID(load_default=None, allow_none=True)
    therapist_id = fields.UUID(load_default=None, allow_none=True)
    monitor_id = fields.UUID(load_default=None, allow_none=True)
    limit = fields.Integer(load_default=10, validate=validate.Range(min=1, max=200))


class FreeTimeView(View):
    """A free time, and the first room and staff that are free then."""

    starts_at = Instant()
    ends_at = Instant()
    room_id = fields.UUID()
    therapist_id = fields.UUID()
    monitor_id = fields.UUID()


class FreeTimesView(View):
    """Free times, the earliest first."""

    items = fields.List(fields.Nested(FreeTimeView))


class CancelBody(Body):
    """Who calls it off, and why."""

    by = fields.String(required=True, validate=validate.OneOf(["patient", "clinic"]))
    reason_code = CodeField(required=True)


class ArrivalBody(Body):
    """Whether somebody who takes the patient home is here or named."""

    escort_present = Truth(required=True)


class HeldView(View):
    """A resource an appointment holds."""

    resource_id = fields.UUID()
    kind = fields.String()
    name = fields.String(allow_none=True)


class AppointmentView(View):
    """An appointment."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    type = fields.Enum(AppointmentType, by_value=True)
    starts_at = Instant()
    ends_at = Instant()
    status = fields.Enum(AppointmentStatus, by_value=True)
    escort_confirmed = fields.Boolean()
    integration_id = fields.UUID(allow_none=True)
    replaces = fields.UUID(allow_none=True)
    resources = fields.List(fields.Nested(HeldView))


class AppointmentsView(View):
    """Appointments."""

    items = fields.List(fields.Nested(AppointmentView))


class DayQuery(Query):
    """Which day, by the clinic's clock; today if none is named."""

    date = Day(load_default=None, allow_none=True)


class DayView(View):
    """A clinic's day."""

    date = fields.Date()
    time_zone = fields.String()
    clinic_name = fields.String()
    begins_at = Instant()
    ends_at = Instant()
    appointments = fields.List(fields.Nested(AppointmentView))


class ReadinessQuery(Query):
    """For which gate and moment; now if none is named."""

    gate = fields.Enum(Gate, by_value=True, load_default=Gate.BOOKING)
    at = Instant(load_default=None, allow_none=True)


class FactView(View):
    """A readiness fact, and why it does not hold."""

    fact = fields.String()
    holds = fields.Boolean()
    cause = fields.String(allow_none=True)
    valid_until = Instant(allow_none=True)


class ReadinessView(View):
    """Whether a patient is ready, and what speaks against it."""

    gate = fields.String()
    at = Instant()
    ready = fields.Boolean()
    facts = fields.List(fields.Nested(FactView))


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
    """Claims that overlap; always empty."""

    items = fields.List(fields.Nested(OverlapView))
