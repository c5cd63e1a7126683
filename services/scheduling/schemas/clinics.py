"""The JSON of clinics: who they are and when they are open."""

from marshmallow import fields, validate

from services.scheduling.domain import WEEKDAYS
from services.scheduling.schemas.values import LOCAL_TIME
from shared.http import Body, View
from shared.http.schemas import CodeField, Day, TextField, Whole

MOST_WINDOWS = 6


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
