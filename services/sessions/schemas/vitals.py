"""Vital signs."""

from typing import Any

from marshmallow import fields, validate

from shared.http import Body, View
from shared.http.schemas import Instant, Number, TextField, Whole
from shared.rulepack import Measure, Status, VitalsPhase


class VitalsBody(Body):
    """At least one measure; without a time, they were taken now."""

    systolic_mmhg = Number(load_default=None, allow_none=True)
    diastolic_mmhg = Number(load_default=None, allow_none=True)
    heart_rate_bpm = Number(load_default=None, allow_none=True)
    spo2_percent = Number(load_default=None, allow_none=True)
    respiratory_rate_bpm = Number(load_default=None, allow_none=True)
    moaas = Whole(load_default=None, allow_none=True)
    taken_at = Instant(load_default=None, allow_none=True)
    late_reason = TextField(load_default=None, allow_none=True)


class RatingView(View):
    """What one value says, and the limits that were in force."""

    measure = fields.String(validate=validate.OneOf([*Measure]))
    value = fields.Float(allow_none=True)
    status = fields.String()
    decision = fields.String(allow_none=True)
    emergency = fields.Boolean()
    rule_code = fields.String(allow_none=True)
    limit = fields.Dict(keys=fields.String())


class _AsKept(fields.Nested):
    """What is kept as the JSON it is answered as: documented, not made anew."""

    # Marshmallow's own two signatures of this differ, so none would fit both.
    def _serialize(self, *args: Any, **_: Any) -> Any:
        return args[0]


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


class VitalsView(ReadingView):
    """A reading, and what it says."""

    clinic_id = fields.UUID()
    version = fields.Integer()
    session_id = fields.UUID()
    rule_pack = fields.String()
    ratings = fields.List(_AsKept(RatingView))
