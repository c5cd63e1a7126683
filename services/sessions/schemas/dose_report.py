"""The JSON of doses in figures."""

from marshmallow import fields

from shared.http import View
from shared.http.schemas import Instant
from shared.rulepack import Route


class DoseLineView(View):
    """The figures of one route, or of all; null where there are too few patients.

    A dose is what was authorised once. Blood pressure is the highest of a session after
    its first dose. What happened is counted per hundred doses.
    """

    route = fields.Enum(Route, by_value=True, allow_none=True)
    patients = fields.Integer(allow_none=True)
    doses = fields.Integer(allow_none=True)
    median_dose_mg = fields.Float(allow_none=True)
    median_dose_mg_per_kg = fields.Float(allow_none=True)
    median_peak_systolic_mmhg = fields.Float(allow_none=True)
    median_peak_diastolic_mmhg = fields.Float(allow_none=True)
    recorded_per_100 = fields.Float(allow_none=True)
    severe_per_100 = fields.Float(allow_none=True)
    serious_per_100 = fields.Float(allow_none=True)


class DoseReportView(View):
    """Doses of sessions whose first dose lies in a span; no figures under `least`."""

    begins_at = Instant()
    ends_at = Instant()
    least = fields.Integer()
    lines = fields.List(fields.Nested(DoseLineView))
