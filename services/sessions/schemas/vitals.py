"""Vital signs."""

from typing import Any

from marshmallow import fields, validate

from services.sessions.domain.limits import Origin
from services.sessions.domain.vitals import ReversalReason, Source
from shared.http import Body, View
from shared.http.schemas import CodeField, Instant, Number, TextField, Whole
from shared.rulepack import Measure, Status, VitalsPhase

_CODE = 128


class MeasuresBody(Body):
    """At least one measure."""

    systolic_mmhg = Number(load_default=None, allow_none=True)
    diastolic_mmhg = Number(load_default=None, allow_none=True)
    heart_rate_bpm = Number(load_default=None, allow_none=True)
    spo2_percent = Number(load_default=None, allow_none=True)
    respiratory_rate_bpm = Number(load_default=None, allow_none=True)
    moaas = Whole(load_default=None, allow_none=True)
    distress = Whole(load_default=None, allow_none=True)


class VitalsBody(MeasuresBody):
    """Without a time, they were taken now; `late_reason` may be a word like offline."""

    taken_at = Instant(load_default=None, allow_none=True)
    late_reason = TextField(load_default=None, allow_none=True)


class DeviceVitalsBody(MeasuresBody):
    """What a device measures now, with the code it was given."""

    code = TextField(required=True, longest=_CODE)


class ReverseBody(Body):
    """Why a reading does not count."""

    reason_code = fields.Enum(ReversalReason, by_value=True, required=True)
    reason = TextField(load_default=None, allow_none=True)


class RatingView(View):
    """What one value says, and the limits that were in force.

    `origin` says whose limits they were: the patient's, the order's, the clinic's or
    the rule pack's.
    """

    measure = fields.String(validate=validate.OneOf([*Measure]))
    value = fields.Float(allow_none=True)
    status = fields.String()
    decision = fields.String(allow_none=True)
    emergency = fields.Boolean()
    rule_code = fields.String(allow_none=True)
    limit = fields.Dict(keys=fields.String())
    origin = fields.Enum(Origin, by_value=True)


class _AsKept(fields.Nested):
    """What is kept as the JSON it is answered as: documented, not made anew."""

    # Marshmallow's own two signatures of this differ, so none would fit both.
    def _serialize(self, *args: Any, **_: Any) -> Any:
        return args[0]


class ReversalView(View):
    """That a reading does not count after all; who said so, and why."""

    id = fields.UUID()
    vitals_id = fields.UUID()
    reason_code = fields.Enum(ReversalReason, by_value=True)
    reason = fields.String(allow_none=True)
    reversed_at = Instant()
    reversed_by = fields.UUID()


class ReadingView(View):
    """One reading in a list."""

    id = fields.UUID()
    status = fields.Enum(Status, by_value=True)
    phase = fields.Enum(VitalsPhase, by_value=True)
    taken_at = Instant()
    recorded_at = Instant()
    recorded_by = fields.UUID()
    late_reason = fields.String(allow_none=True)
    alert_id = fields.UUID(allow_none=True)
    systolic_mmhg = fields.Float(allow_none=True)
    diastolic_mmhg = fields.Float(allow_none=True)
    heart_rate_bpm = fields.Float(allow_none=True)
    spo2_percent = fields.Float(allow_none=True)
    respiratory_rate_bpm = fields.Float(allow_none=True)
    moaas = fields.Integer(allow_none=True)
    distress = fields.Integer(allow_none=True)
    source = fields.Enum(Source, by_value=True)
    device_id = fields.UUID(allow_none=True)


class VitalsView(ReadingView):
    """A reading, and what it says."""

    clinic_id = fields.UUID()
    version = fields.Integer()
    session_id = fields.UUID()
    rule_pack = fields.String()
    ratings = fields.List(_AsKept(RatingView))


class ChartedView(VitalsView):
    """A reading on the chart; a reversed one stays there and counts for nothing."""

    reversed = fields.Nested(ReversalView, allow_none=True)


class DeviceBody(Body):
    """What the device is called here."""

    name = CodeField(required=True)


class DeviceView(View):
    """A device that sends readings of one session."""

    id = fields.UUID()
    session_id = fields.UUID()
    name = fields.String()
    added_at = Instant()
    added_by = fields.UUID()
    revoked_at = Instant(allow_none=True)


class NewDeviceView(DeviceView):
    """A device with its code, which is told this once."""

    code = fields.String()
