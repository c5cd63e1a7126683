"""The JSON of free times, in a clinic and across clinics."""

from datetime import time

from marshmallow import fields, validate

from services.scheduling.domain import AppointmentMode, AppointmentType
from shared.http import Query, View
from shared.http.schemas import Instant
from shared.rulepack import Route

MOST_DAYS = 90
MOST_DAYS_ACROSS = 31


class NetworkFreeTimesQuery(Query):
    """What is looked for across clinics: the earliest few in each.

    Hours are each clinic's own, and an appointment ends within them; `weekdays` are 0
    for Monday to 6. Without `from` it is now.
    """

    patient_id = fields.UUID(load_default=None, allow_none=True)
    type = fields.Enum(AppointmentType, by_value=True, required=True)
    mode = fields.Enum(
        AppointmentMode, by_value=True, load_default=AppointmentMode.IN_PERSON
    )
    route = fields.Enum(Route, by_value=True, load_default=None, allow_none=True)
    from_ = Instant(data_key="from", load_default=None, allow_none=True)
    days = fields.Integer(
        load_default=14, validate=validate.Range(min=1, max=MOST_DAYS_ACROSS)
    )
    opens = fields.Time(load_default=time(8), format="%H:%M")
    closes = fields.Time(load_default=time(18), format="%H:%M")
    weekdays = fields.List(
        fields.Integer(validate=validate.Range(min=0, max=6)), load_default=list
    )
    limit = fields.Integer(load_default=3, validate=validate.Range(min=1, max=10))


class FreeTimesQuery(NetworkFreeTimesQuery):
    """What is looked for: for whom, from when, for how many days, between which hours.

    Hours are local, and an appointment ends within them; `weekdays` are 0 for Monday to
    6. Without `from` it is now; a resource that is named must be free, others may be
    any of their kind.
    """

    patient_id = fields.UUID(required=True)
    days = fields.Integer(
        load_default=MOST_DAYS, validate=validate.Range(min=1, max=MOST_DAYS)
    )
    room_id = fields.UUID(load_default=None, allow_none=True)
    device_id = fields.UUID(load_default=None, allow_none=True)
    therapist_id = fields.UUID(load_default=None, allow_none=True)
    monitor_id = fields.UUID(load_default=None, allow_none=True)
    prescriber_id = fields.UUID(load_default=None, allow_none=True)
    limit = fields.Integer(load_default=10, validate=validate.Range(min=1, max=200))


class FreeTimeView(View):
    """A free time, and the first room and staff that are free then."""

    starts_at = Instant()
    ends_at = Instant()
    room_id = fields.UUID()
    device_id = fields.UUID()
    therapist_id = fields.UUID()
    monitor_id = fields.UUID()
    prescriber_id = fields.UUID()


class FreeTimesView(View):
    """Free times, the earliest first."""

    items = fields.List(fields.Nested(FreeTimeView))


class ClinicTimesView(View):
    """A clinic, and the earliest times that are free there."""

    clinic_id = fields.UUID()
    clinic_name = fields.String()
    time_zone = fields.String()
    times = fields.List(fields.Nested(FreeTimeView))


class NetworkFreeTimesView(View):
    """Free times of several clinics, by the clinics' names."""

    items = fields.List(fields.Nested(ClinicTimesView))
